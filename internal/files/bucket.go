package files

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

const (
	// bucketWithin bounds one call, so that a bucket that hangs is a failure and no wait.
	bucketWithin = 30 * time.Second
	bucketTries  = 3
	// maxKept is the largest object that is read, in bytes: far above the largest sealed file.
	maxKept = 64 << 20
	// defaultRegion is what S3-compatible stores go by that have none.
	defaultRegion = "us-east-1"
)

// BucketOptions say where a bucket is and who may use it. Prefix comes before every name, and Within
// is how long one call takes at most, 30 seconds where it is 0; all but these and Region is required.
type BucketOptions struct {
	Endpoint             string // a URL: http or https, and a host
	Bucket, Region       string
	AccessKey, SecretKey string
	Prefix               string
	Within               time.Duration
}

// Bucket is a [Backend] in a bucket of an S3-compatible store. It needs to list, read, write and
// delete objects there, and nothing else of the store.
type Bucket struct {
	client         *minio.Client
	bucket, prefix string
	within         time.Duration
}

// NewBucket prepares a bucket. It makes no call: a store that is down for a moment must keep no
// process from starting.
func NewBucket(o BucketOptions) (*Bucket, error) {
	endpoint, err := url.Parse(o.Endpoint)
	if err != nil {
		return nil, errors.New("the endpoint is no URL")
	}
	if o.Region == "" {
		o.Region = defaultRegion // without one the client would ask for it first
	}
	client, err := minio.New(endpoint.Host, &minio.Options{
		Creds:  credentials.NewStaticV4(o.AccessKey, o.SecretKey, ""),
		Secure: endpoint.Scheme == "https", Region: o.Region, MaxRetries: bucketTries,
	})
	if err != nil {
		return nil, fmt.Errorf("prepare the bucket for files: %w", err)
	}
	prefix := strings.Trim(o.Prefix, "/")
	if prefix != "" {
		prefix += "/"
	}
	return &Bucket{client: client, bucket: o.Bucket, prefix: prefix, within: cmp.Or(o.Within, bucketWithin)}, nil
}

// Put writes an object in one request, so that it is there whole or not at all.
func (b *Bucket) Put(ctx context.Context, name string, content []byte) error {
	ctx, cancel := context.WithTimeout(ctx, b.within)
	defer cancel()
	_, err := b.client.PutObject(ctx, b.bucket, b.prefix+name, bytes.NewReader(content), int64(len(content)),
		minio.PutObjectOptions{ContentType: "application/octet-stream", DisableMultipart: true})
	return err
}

// Get reads an object.
func (b *Bucket) Get(ctx context.Context, name string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, b.within)
	defer cancel()
	object, err := b.client.GetObject(ctx, b.bucket, b.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return nil, err
	}
	defer func() { _ = object.Close() }() // it was read, or the error counts
	content, err := io.ReadAll(io.LimitReader(object, maxKept))
	if isNone(err) {
		return nil, ErrNone
	}
	return content, err
}

// Delete deletes an object.
func (b *Bucket) Delete(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, b.within)
	defer cancel()
	if err := b.client.RemoveObject(ctx, b.bucket, b.prefix+name, minio.RemoveObjectOptions{}); err != nil && !isNone(err) {
		return err
	}
	return nil
}

// List lists objects, a page of a thousand after the other. Each page has the time of a call.
func (b *Bucket) List(ctx context.Context, folder string) iter.Seq2[string, error] {
	if folder != "" {
		folder += "/"
	}
	return func(yield func(string, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		hangs := time.AfterFunc(b.within, cancel)
		defer hangs.Stop()
		for object := range b.client.ListObjectsIter(ctx, b.bucket, minio.ListObjectsOptions{Prefix: b.prefix + folder, Recursive: true}) {
			hangs.Stop() // who is given the name may take its time
			if !yield(strings.TrimPrefix(object.Key, b.prefix), object.Err) || object.Err != nil {
				return
			}
			hangs.Reset(b.within)
		}
	}
}

// isNone reports whether an object is not there. That a bucket is not there is another thing.
func isNone(err error) bool {
	answer := minio.ToErrorResponse(err)
	return answer.StatusCode == http.StatusNotFound && answer.Code == minio.NoSuchKey
}
