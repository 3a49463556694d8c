package socket

import (
	"crypto/sha1" //nolint:gosec // RFC 6455 asks for it; nothing is trusted because of it
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// UpgradeKey returns the Sec-WebSocket-Key of a handshake. Its error says what the
// client has to send, since a refused handshake shows a client little else.
func UpgradeKey(r *http.Request) (string, error) {
	key := r.Header.Get("Sec-WebSocket-Key")
	raw, err := base64.StdEncoding.DecodeString(key)
	switch {
	case r.ProtoMajor != 1 || r.ProtoMinor != 1:
		return "", errors.New("the handshake is HTTP/1.1")
	case !hasToken(r.Header, "Upgrade", "websocket") || !hasToken(r.Header, "Connection", "upgrade"):
		return "", errors.New("send Upgrade: websocket and Connection: Upgrade")
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		return "", errors.New("send Sec-WebSocket-Version: 13")
	case err != nil || len(raw) != 16:
		return "", errors.New("Sec-WebSocket-Key is base64 of 16 bytes")
	}
	return key, nil
}

// hasToken finds a token in a header of comma-separated ones, in any case: both are up
// to the client and the proxies before it.
func hasToken(header http.Header, name, token string) bool {
	for _, line := range header.Values(name) {
		for _, one := range strings.Split(line, ",") {
			if strings.EqualFold(strings.TrimSpace(one), token) {
				return true
			}
		}
	}
	return false
}

// TakeOver takes the connection of a handshake from net/http, which then neither times
// it out nor closes it.
func TakeOver(w http.ResponseWriter) (*Socket, error) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, fmt.Errorf("take the connection over: %w", err)
	}
	return &Socket{conn: conn, in: buffered.Reader}, nil
}

// Welcome sends the 101: with a reason phrase, and with neither a subprotocol nor
// an extension, which official clients refuse. What ready does has happened when
// the client knows that it is connected, and nothing is written before the 101.
func (s *Socket) Welcome(key string, ready func()) error {
	s.out.Lock()
	defer s.out.Unlock()
	ready()
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // see import
	head := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n"
	if _, err := io.WriteString(s.conn, head); err != nil {
		return errors.Join(fmt.Errorf("answer the handshake: %w", err), s.conn.Close())
	}
	return nil
}
