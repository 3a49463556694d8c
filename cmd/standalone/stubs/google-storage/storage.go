// Package storage stands in for cloud.google.com/go/storage, by a replace in the go.mod of
// cmd/standalone. Temporal's server imports it to archive histories in Google's cloud, which no
// configuration of Miniflow's asks for, and with it come that cloud's clients, gRPC's xDS and
// Envoy's messages.
//
// It has what the package common/archiver/gcloud/connector of go.temporal.io/server v1.32.1 names.
// It promises that there is never a Client: a server that is configured to archive there gets an
// error with the reason as soon as it looks for its archive. Nothing else in this package is ever
// reached, and everything answers with that error.
package storage

import (
	"context"
	"errors"
	"sync/atomic"
)

var (
	errLeftOut = errors.New("this Temporal was built by Miniflow, without Google's cloud storage: " +
		"archive to files or to S3, or use a server that Temporal has released")
	calls atomic.Int64
)

// ScopeFullControl is the permission that the server would ask for.
const ScopeFullControl = "https://www.googleapis.com/auth/devstorage.full_control"

// What a Client leads to in the server, one way or another. It is never there, so that one type has
// all the methods.
type (
	// Client is refused by NewClient.
	Client = absent
	// BucketHandle is what a Client has.
	BucketHandle = absent
	// ObjectHandle is what a bucket has.
	ObjectHandle = absent
	// Reader reads an object.
	Reader = absent
	// Writer writes an object.
	Writer = absent
	// BucketAttrs is what is known of a bucket.
	BucketAttrs = ObjectAttrs
	// ObjectAttrs is what is known of an object.
	ObjectAttrs struct{ Name string }
	// Query chooses objects of a bucket.
	Query struct{ Prefix string }
)

// Calls returns how often this process has asked for a Client.
func Calls() int64 { return calls.Load() }

// NewClient refuses.
func NewClient(context.Context, ...any) (*Client, error) {
	calls.Add(1)
	return nil, errLeftOut
}

type absent struct{}

func (*absent) Bucket(string) *absent                       { return nil }
func (*absent) Object(string) *absent                       { return nil }
func (*absent) Objects(context.Context, *Query) *absent     { return nil }
func (*absent) Next() (*ObjectAttrs, error)                 { return nil, errLeftOut }
func (*absent) Attrs(context.Context) (*ObjectAttrs, error) { return nil, errLeftOut }
func (*absent) NewReader(context.Context) (*absent, error)  { return nil, errLeftOut }
func (*absent) NewWriter(context.Context) *absent           { return nil }
func (*absent) Read([]byte) (int, error)                    { return 0, errLeftOut }
func (*absent) Write([]byte) (int, error)                   { return 0, errLeftOut }
func (*absent) CloseWithError(error) error                  { return errLeftOut }
func (*absent) Close() error                                { return errLeftOut }
