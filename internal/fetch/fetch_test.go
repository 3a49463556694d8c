package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const canary = "canary-9c1e"

func sum(content []byte) string {
	digest := sha256.Sum256(content)
	return hex.EncodeToString(digest[:])
}

func picture(t *testing.T) []byte {
	t.Helper()
	var buffer bytes.Buffer
	if err := png.Encode(&buffer, image.NewGray(image.Rect(0, 0, 180, 180))); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// fetcher may reach loopback and accepts files up to 64 KiB.
func fetcher(t *testing.T, timeout time.Duration) *Fetcher {
	t.Helper()
	f, err := New(Options{Guard: guard(t, "127.0.0.0/8"), MaxBytes: 64 << 10, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func serve(content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; a lie")
		_, _ = w.Write(content)
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func TestFetchBringsTheNamedBytes(t *testing.T) {
	logo := picture(t)
	server := newSite(t, "127.0.0.1", serve(logo))
	got, err := fetcher(t, 0).Fetch(t.Context(), server.URL+"/logo?x=1", strings.ToUpper(sum(logo)))
	if err != nil {
		t.Fatal(err)
	}
	want := File{Bytes: logo, ContentType: "image/png", Ext: ".png"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFetchTellsTypesByTheirBytes(t *testing.T) {
	for ext, content := range map[string]string{
		".jpg": "\xff\xd8\xff\xe0rest", ".zip": "PK\x03\x04rest", ".rar": "Rar!\x1a\x07\x01\x00rest",
	} {
		server := newSite(t, "127.0.0.1", serve([]byte(content)))
		got, err := fetcher(t, 0).Fetch(t.Context(), server.URL, sum([]byte(content)))
		if err != nil || got.Ext != ext {
			t.Errorf("%s: got %q, %v", ext, got.Ext, err)
		}
	}
}

func TestFetchRefuses(t *testing.T) {
	logo := picture(t)
	large := append(bytes.Clone(logo), make([]byte, 64<<10)...)
	for name, test := range map[string]struct {
		handler   http.HandlerFunc
		content   []byte
		want      error
		retryable bool
	}{
		"other bytes":       {serve([]byte("<html>login</html>")), logo, ErrHashMismatch, false},
		"not a picture":     {serve([]byte("<html>login</html>")), []byte("<html>login</html>"), ErrUnsupportedType, false},
		"nothing":           {serve(nil), nil, ErrUnsupportedType, false},
		"announced large":   {serve(large), large, ErrTooLarge, false},
		"large and chunked": {chunked(large), large, ErrTooLarge, false},
		"gone":              {status(http.StatusNotFound), logo, ErrNotServed, false},
		"no content":        {status(http.StatusNoContent), logo, ErrNotServed, false},
		"part of it":        {status(http.StatusPartialContent), logo, ErrNotServed, false},
		"redirect":          {status(http.StatusFound), logo, ErrRedirected, false},
		"overloaded":        {status(http.StatusServiceUnavailable), logo, ErrUnreachable, true},
		"too many requests": {status(http.StatusTooManyRequests), logo, ErrUnreachable, true},
		"cut short":         {cut(logo), logo, ErrUnreachable, true},
		"hung up":           {hangUp, logo, ErrUnreachable, true},
	} {
		t.Run(name, func(t *testing.T) {
			server := newSite(t, "127.0.0.1", test.handler)
			got, err := fetcher(t, 0).Fetch(t.Context(), server.URL+"/"+canary+"?signature="+canary, sum(test.content))
			if !errors.Is(err, test.want) || Retryable(err) != test.retryable || got.Bytes != nil {
				t.Fatalf("got %d bytes, %v (retryable %t), want %v", len(got.Bytes), err, Retryable(err), test.want)
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("the error shows the link: %v", err)
			}
		})
	}
}

func chunked(content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).Flush()
		_, _ = w.Write(content)
	}
}

func cut(content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(content)+1))
		_, _ = w.Write(content)
	}
}

func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestReferencesThatAreRefusedUnasked(t *testing.T) {
	good := sum(nil)
	for name, reference := range map[string][2]string{
		"relative":     {"/logo.png", good},
		"file":         {"file:///etc/passwd", good},
		"no host":      {"https:///logo.png", good},
		"password":     {"https://user:" + canary + "@files.example/logo.png", good},
		"no url":       {"", good},
		"broken url":   {"https://files.example/%zz" + canary, good},
		"no hash":      {"https://files.example/logo.png", ""},
		"short hash":   {"https://files.example/logo.png", good[:32]},
		"hash in text": {"https://files.example/logo.png", strings.Repeat("z", 64)},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := read(reference[0], reference[1])
			if _, fetched := fetcher(t, 0).Fetch(t.Context(), reference[0], reference[1]); !errors.Is(err, ErrBadReference) || !errors.Is(fetched, ErrBadReference) {
				t.Fatalf("checked %v, fetched %v", err, fetched)
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("the error shows the link: %v", err)
			}
		})
	}
	if _, _, err := read("https://files.example/logo.png?sig=1", good); err != nil {
		t.Errorf("a good reference: %v", err)
	}
}

func TestFetchIsBoundedInTime(t *testing.T) {
	release := make(chan struct{})
	stuck := newSite(t, "127.0.0.1", func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).Flush()
		<-release
	})
	t.Cleanup(func() { close(release) })
	_, err := fetcher(t, 50*time.Millisecond).Fetch(t.Context(), stuck.URL, sum(nil))
	if !errors.Is(err, ErrUnreachable) {
		t.Errorf("a server that stalls: %v", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = fetcher(t, 0).Fetch(ctx, stuck.URL, sum(nil))
	if !errors.Is(err, context.Canceled) || Retryable(err) {
		t.Errorf("a fetch that was called off: %v", err)
	}
}

func TestFetchChecksCertificates(t *testing.T) {
	logo := picture(t)
	server := httptest.NewTLSServer(serve(logo))
	t.Cleanup(server.Close)
	if _, err := fetcher(t, 0).Fetch(t.Context(), server.URL, sum(logo)); !errors.Is(err, ErrUnreachable) {
		t.Errorf("an unknown authority: %v", err)
	}
	trusting := guard(t, "127.0.0.0/8")
	trusting.RootCAs = x509.NewCertPool()
	trusting.RootCAs.AddCert(server.Certificate())
	f, err := New(Options{Guard: trusting})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Fetch(t.Context(), server.URL, sum(logo)); err != nil {
		t.Errorf("a known authority: %v", err)
	}
}

func TestNewNeedsAGuard(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("a fetcher without a guard was made")
	}
}
