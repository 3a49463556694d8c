package channel

import (
	"context"
	"errors"
	"io"
	"net/http"
)

// emptyPing is a masked ping frame without payload: the official client sends exactly this.
// The mask is arbitrary because it masks nothing.
var emptyPing = [6]byte{0x89, 0x80}

// rawConn is the bare connection below the WebSocket library, which can't send a ping without
// payload. A frame of the library up to 4 KiB is one Write, and everything that we send is
// smaller, so a frame of ours fits between two Writes.
//
// It is an http.RoundTripper that is good for one upgrade.
type rawConn struct {
	through http.RoundTripper
	io.ReadWriteCloser
	turn chan struct{} // one token: the library and ping take turns
}

func newRawConn(through http.RoundTripper) *rawConn {
	return &rawConn{through: through, turn: make(chan struct{}, 1)}
}

// RoundTrip returns this value in place of an upgraded connection, so that ping can write to
// it.
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

// Write is called by the library and excludes ping, so that frames don't mix.
func (c *rawConn) Write(p []byte) (int, error) {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	return c.ReadWriteCloser.Write(p)
}

// ping sends an empty ping. If ctx ends before it is sent, the connection is closed, because
// half a frame may have been written.
func (c *rawConn) ping(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	_, err := c.Write(emptyPing[:])
	return err
}
