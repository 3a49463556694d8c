package fetch

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// names is a DNS server in memory: each name has a list of answers, and each question gets
// the next one, the last for ever. A rebinding attacker runs such a server.
type names struct {
	mu      sync.Mutex
	answers map[string][][]string
}

// resolver answers only from these names, over TCP framing on a pipe.
func (n *names) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go n.serve(server)
		return client, nil
	}}
}

func (n *names) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	for {
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		packet := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, packet); err != nil {
			return
		}
		var question dnsmessage.Message
		if err := question.Unpack(packet); err != nil {
			return
		}
		reply, err := n.answer(question).Pack()
		if err != nil {
			return
		}
		framed := binary.BigEndian.AppendUint16(nil, uint16(len(reply))) //nolint:gosec // a handful of addresses
		if _, err := conn.Write(append(framed, reply...)); err != nil {
			return
		}
	}
}

func (n *names) answer(question dnsmessage.Message) *dnsmessage.Message {
	reply := &dnsmessage.Message{
		Header:    dnsmessage.Header{ID: question.ID, Response: true, RecursionAvailable: true},
		Questions: question.Questions,
	}
	asked := question.Questions[0]
	if asked.Type != dnsmessage.TypeA {
		return reply
	}
	for _, address := range n.next(strings.ToLower(strings.TrimSuffix(asked.Name.String(), "."))) {
		reply.Answers = append(reply.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: asked.Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET},
			Body:   &dnsmessage.AResource{A: netip.MustParseAddr(address).As4()},
		})
	}
	return reply
}

func (n *names) next(name string) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	answers := n.answers[name]
	if len(answers) == 0 {
		return nil
	}
	if len(answers) > 1 {
		n.answers[name] = answers[1:]
	}
	return answers[0]
}
