package files_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"miniflow/internal/files"
)

func init() {
	backends["bucket"] = func(t *testing.T) files.Backend { return bucket(t, openS3(t), "") }
	backends["bucket with a prefix"] = func(t *testing.T) files.Backend {
		address := openS3(t)
		// What lies beside the prefix is not ours.
		if err := bucket(t, address, "").Put(t.Context(), "elsewhere", []byte("x")); err != nil {
			t.Fatal(err)
		}
		return bucket(t, address, "/miniflow/files/")
	}
}

// openS3 starts a server that speaks S3, with one bucket.
func openS3(t *testing.T) string {
	t.Helper()
	memory := s3mem.New()
	if err := memory.CreateBucket("papers"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(memory).Server())
	t.Cleanup(server.Close)
	return server.URL
}

func bucket(t *testing.T, address, prefix string) files.Backend {
	t.Helper()
	made, err := files.NewBucket(files.BucketOptions{Endpoint: address, Bucket: "papers", AccessKey: "a", SecretKey: "canary-secret", Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// TestBucketThatIsNotThereIsNoMissingFile: a file that can't be read now may be there, and an order
// must not ask for it again.
func TestBucketThatIsNotThereIsNoMissingFile(t *testing.T) {
	made, err := files.NewBucket(files.BucketOptions{Endpoint: openS3(t), Bucket: "another", AccessKey: "a", SecretKey: "canary-secret"})
	if err != nil {
		t.Fatal(err)
	}
	store := files.New(made, ring(t), time.Now)
	_, opened := store.Open(t.Context(), app, strings.Repeat("a", 64))
	_, _, _, put := store.Put(t.Context(), app, []byte(secret))
	_, named := store.Name(t.Context(), app, strings.Repeat("a", 64), number, false)
	_, swept := store.Sweep(t.Context(), nil)
	_, read := made.Get(t.Context(), app)
	for _, err := range []error{opened, put, named, swept, read} {
		if err == nil || errors.Is(err, files.ErrNone) || strings.Contains(err.Error(), "canary") {
			t.Errorf("without its bucket: %v", err)
		}
	}
}

// TestBucketThatHangsIsAFailure and no wait, whatever is asked of it.
func TestBucketThatHangsIsAFailure(t *testing.T) {
	end := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-end }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(end) })
	made, err := files.NewBucket(files.BucketOptions{Endpoint: server.URL, Bucket: "papers", AccessKey: "a", SecretKey: "b", Within: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	for what, ask := range map[string]func() error{
		"put":    func() error { return made.Put(t.Context(), "a/b/c", []byte("x")) },
		"get":    func() error { _, err := made.Get(t.Context(), "a/b/c"); return err },
		"delete": func() error { return made.Delete(t.Context(), "a/b/c") },
		"list": func() error {
			for _, err := range made.List(t.Context(), "a/b") {
				return err
			}
			return nil
		},
	} {
		failed := make(chan error, 1)
		go func() { failed <- ask() }()
		select {
		case err := <-failed:
			if err == nil || errors.Is(err, files.ErrNone) {
				t.Errorf("%s: %v", what, err)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s waits for ever", what)
		}
	}
}
