package channel

import (
	"context"
	"errors"
	"io"
	"net/http"
)

// emptyPing is a masked ping frame without payload: the official client sends
// exactly this. The mask of nothing is four bytes that nobody looks at.
var emptyPing = [6]byte{0x89, 0x80}

// rawConn is the bare connection underneath the WebSocket library, which can't send
// a ping without payload. A frame of the library up to 4 KiB is one Write, and
// all we send is smaller, so between two Writes there is room for a frame of
// ours.
//
// It is an http.RoundTripper that is good for one upgrade.
type rawConn struct {
	through http.RoundTripper
	io.ReadWriteCloser
	turn chan struct{} // holds one token; taken while writing
}

func newRawConn(through http.RoundTripper) *rawConn {
	return &rawConn{through: through, turn: make(chan struct{}, 1)}
}

// RoundTrip keeps the connection of an upgrade and hands itself on in its place.
func (c *rawConn) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := c.through.RoundTrip(request)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		return response, err
	}
	upgraded, ok := response.Body.(io.ReadWriteCloser)
	if !ok {
		_ = response.Body.Close()
		return nil, errors.New("the transport gives no access to upgraded connections: use Go's own")
	}
	c.ReadWriteCloser = upgraded
	response.Body = c
	return response, nil
}

// Write is called by the library, under the same turn as ping.
func (c *rawConn) Write(p []byte) (int, error) {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	return c.ReadWriteCloser.Write(p)
}

// ping sends an empty ping. When ctx ends before it is out the connection is
// closed, because half a frame may be.
func (c *rawConn) ping(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	_, err := c.Write(emptyPing[:])
	return err
}
