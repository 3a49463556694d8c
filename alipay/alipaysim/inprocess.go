package alipaysim

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// InProcess is a transport that hands each request to a handler in the caller's
// own goroutine, so that a call needs neither a socket nor a timer. It goes both
// ways: a client of Simulator.Handler calls the gateway, and Config.HTTP with a
// receiver's handler takes the pushes.
//
// What goes wrong on a network goes wrong here too: an answer that a fault drops
// or cuts in half is an io.ErrUnexpectedEOF, and a caller who has left gets its
// context's error.
func InProcess(handler http.Handler) http.RoundTripper { return inProcess{handler} }

type inProcess struct{ handler http.Handler }

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	served := r.Clone(r.Context()) // a transport leaves its request as it was
	served.RequestURI, served.RemoteAddr = r.URL.RequestURI(), "192.0.2.1:1"
	served.Host = r.Host
	if served.Host == "" {
		served.Host = r.URL.Host
	}
	if served.Body == nil {
		served.Body = http.NoBody
	}
	defer func() { _ = served.Body.Close() }() // the handler has read what it wants
	w := &writtenAnswer{header: http.Header{}}
	hungUp := w.serve(t.handler, served)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if hungUp && w.status == 0 {
		return nil, fmt.Errorf("the other side hung up: %w", io.ErrUnexpectedEOF)
	}
	return w.response(r, hungUp), nil
}

// writtenAnswer keeps what a handler writes until it ends. As in net/http, headers that
// are set after the status went out are not sent.
type writtenAnswer struct {
	header http.Header // as the handler sees it
	sent   http.Header // as it was when the status went out
	status int
	body   bytes.Buffer
}

func (w *writtenAnswer) Header() http.Header { return w.header }

func (w *writtenAnswer) WriteHeader(status int) {
	if w.status == 0 {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *writtenAnswer) Write(part []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(part)
}

// Flush is there for handlers that ask for it; everything is read at the end.
func (w *writtenAnswer) Flush() { w.WriteHeader(http.StatusOK) }

// serve reports whether the handler hung up, which net/http lets it do by a panic with
// ErrAbortHandler.
func (w *writtenAnswer) serve(handler http.Handler, r *http.Request) (hungUp bool) {
	defer func() {
		switch cause := recover(); cause {
		case nil:
		case http.ErrAbortHandler:
			hungUp = true
		default:
			panic(cause)
		}
	}()
	handler.ServeHTTP(w, r)
	w.WriteHeader(http.StatusOK)
	return false
}

func (w *writtenAnswer) response(r *http.Request, hungUp bool) *http.Response {
	length := int64(w.body.Len())
	if said, err := strconv.ParseInt(w.sent.Get("Content-Length"), 10, 64); err == nil {
		length = said
	}
	var body io.Reader = &w.body
	if hungUp {
		body = io.MultiReader(body, cutOff{})
	}
	return &http.Response{
		Status: strconv.Itoa(w.status) + " " + http.StatusText(w.status), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: io.NopCloser(body), ContentLength: length, Request: r,
	}
}

// cutOff is the end of an answer whose rest never came: its reader meets what a cut
// connection shows.
type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
