package fetch

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// DefaultMaxBytes is the largest file that audit.apply documents (an archive of 10 MiB),
	// because a larger one would be refused.
	DefaultMaxBytes = 10 << 20
	// DefaultTimeout bounds one whole fetch, because an activity must not hang on a
	// stranger's server.
	DefaultTimeout = 30 * time.Second
)

// Options configure a [Fetcher]. The guard is part of them, so that none is made without.
type Options struct {
	// Guard is required, because the addresses come from callers.
	Guard *Guard
	// MaxBytes is the largest file accepted, because files are held in memory; 0 means
	// [DefaultMaxBytes].
	MaxBytes int64
	// Timeout bounds one fetch from DNS to the last byte, so that a server can't hold it by
	// trickling; 0 means [DefaultTimeout].
	Timeout time.Duration
}

// File is a fetched file that matched its SHA-256, so it is the one that the order named.
type File struct {
	Bytes []byte
	// ContentType is detected from the bytes, such as "image/png", because the server's own
	// header can't be trusted.
	ContentType string
	// Ext is the extension for the type, such as ".png", because Alipay checks the one in a
	// part's file name.
	Ext string
}

// Fetcher fetches files. It is safe for concurrent use, so that one serves all activities.
type Fetcher struct {
	client   *http.Client
	maxBytes int64
}

// New returns a fetcher. Options without a guard fail, because an unguarded fetcher could
// reach anything.
func New(options Options) (*Fetcher, error) {
	if options.Guard == nil {
		return nil, errors.New("make a fetcher: there is no guard; make one with NewGuard")
	}
	if options.MaxBytes <= 0 {
		options.MaxBytes = DefaultMaxBytes
	}
	if options.Timeout <= 0 {
		options.Timeout = DefaultTimeout
	}
	client := options.Guard.Client(options.Timeout)
	if transport, ok := client.Transport.(*http.Transport); ok {
		// Files come from many hosts, one or two from each, so connections are not reused.
		transport.DisableKeepAlives = true
	}
	return &Fetcher{client: client, maxBytes: options.MaxBytes}, nil
}

// read checks a reference without fetching it, so that a bad one costs no connection: an
// absolute http or https URL with a host and no user or password, and a SHA-256 in 64
// hexadecimal digits. Its errors are [ErrBadReference]s.
func read(rawURL, sum string) (*url.URL, []byte, error) {
	parsed, err := readURL(rawURL)
	if err != nil {
		return nil, nil, err
	}
	want, err := hex.DecodeString(sum)
	if err != nil || len(want) != sha256.Size {
		return nil, nil, fmt.Errorf("%w: sha256 has to be the file's SHA-256 in 64 hexadecimal digits (sha256sum prints it)", ErrBadReference)
	}
	return parsed, want, nil
}

func readURL(rawURL string) (*url.URL, error) {
	parsed, err := url.Parse(rawURL)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: the url can't be read; percent-encode what is not plain ASCII", ErrBadReference)
	case parsed.Scheme != "http" && parsed.Scheme != "https":
		return nil, fmt.Errorf("%w: the url has to begin with https:// or http://", ErrBadReference)
	case parsed.Hostname() == "":
		return nil, fmt.Errorf("%w: the url names no host", ErrBadReference)
	case parsed.User != nil:
		return nil, fmt.Errorf("%w: the url carries a user or password; use a signed link instead", ErrBadReference)
	}
	return parsed, nil
}

// Fetch fetches the file at rawURL whose SHA-256 is sum (hexadecimal). Fetching again is
// harmless. With an error no bytes are returned, so that none is used unverified.
func (f *Fetcher) Fetch(ctx context.Context, rawURL, sum string) (File, error) {
	parsed, want, err := read(rawURL, sum)
	if err != nil {
		return File{}, err
	}
	bytes, err := f.get(ctx, parsed, f.maxBytes)
	if err != nil {
		return File{}, err
	}
	return identify(parsed.Host, bytes, want)
}

// get returns the bytes of a whole answer.
func (f *Fetcher) get(ctx context.Context, from *url.URL, most int64) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("%w: the url can't be used", ErrBadReference)
	}
	response, err := f.client.Do(request)
	if err != nil {
		return nil, classify(from.Host, err)
	}
	// The body was read, or is not wanted, so nothing is lost if closing it fails.
	defer func() { _ = response.Body.Close() }()
	if err := judgeStatus(from.Host, response.StatusCode); err != nil {
		return nil, err
	}
	return readBody(from.Host, response, most)
}

func judgeStatus(host string, status int) error {
	switch {
	case status == http.StatusOK:
		return nil
	case status >= 300 && status < 400:
		return fmt.Errorf("%w: %s answered %d; give the url that the redirect leads to", ErrRedirected, host, status)
	case status == http.StatusTooManyRequests, status >= 500:
		return fmt.Errorf("%w: %s answered %d", ErrUnreachable, host, status)
	default:
		return fmt.Errorf("%w: %s answered %d; check that the link is right and has not expired", ErrNotServed, host, status)
	}
}

func readBody(host string, response *http.Response, most int64) ([]byte, error) {
	tooLarge := fmt.Errorf("%w: %s serves more than %d bytes; make the file smaller or raise files.max_bytes", ErrTooLarge, host, most)
	if response.ContentLength > most {
		return nil, tooLarge
	}
	bytes, err := io.ReadAll(io.LimitReader(response.Body, most+1))
	if err != nil {
		return nil, classify(host, err)
	}
	if int64(len(bytes)) > most {
		return nil, tooLarge
	}
	return bytes, nil
}

func identify(host string, bytes, want []byte) (File, error) {
	got := sha256.Sum256(bytes)
	if subtle.ConstantTimeCompare(got[:], want) != 1 {
		return File{}, fmt.Errorf("%w: %s serves %d bytes with sha256 %x; the file was changed after the order named it",
			ErrHashMismatch, host, len(bytes), got)
	}
	contentType := typeOf(bytes)
	ext := extension(contentType)
	if ext == "" {
		return File{}, fmt.Errorf("%w: %s serves %s; PNG and JPEG pictures, ZIP and RAR archives are taken", ErrUnsupportedType, host, contentType)
	}
	return File{Bytes: bytes, ContentType: contentType, Ext: ext}, nil
}

func typeOf(bytes []byte) string {
	contentType, _, _ := strings.Cut(http.DetectContentType(bytes), ";")
	return contentType
}

func extension(contentType string) string {
	switch contentType {
	case "image/png":
		return ".png"
	case "image/jpeg":
		return ".jpg"
	case "application/zip":
		return ".zip"
	case "application/x-rar-compressed":
		return ".rar"
	default:
		return ""
	}
}
