package socket

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

type frame struct {
	final   bool
	op      byte
	payload []byte
}

// Next returns the next control frame or the next whole message: control frames may
// come between the fragments of a message. The error is a *Closed where a close frame
// came or has to be sent.
func (s *Socket) Next() (op byte, payload []byte, err error) {
	for {
		f, err := s.read()
		if err != nil {
			return 0, nil, err
		}
		if f.op == opClose {
			return 0, nil, readClose(f.payload)
		}
		if f.op >= opClose {
			return f.op, f.payload, nil
		}
		whole, err := s.join(f)
		if err != nil {
			return 0, nil, err
		}
		if whole {
			op, payload, s.part = s.partOp, s.part, nil
			return op, payload, nil
		}
	}
}

// join adds a data frame to the message it belongs to and reports whether that is
// complete. A second message may not begin before.
func (s *Socket) join(f frame) (whole bool, err error) {
	switch started := s.part != nil; {
	case (f.op == opContinue) != started:
		return false, violation("fragments are out of order")
	case !started:
		s.partOp, s.part = f.op, []byte{}
	}
	if len(s.part)+len(f.payload) > maxInbound {
		return false, &Closed{Code: closeTooBig, Reason: "the message is too big", Ours: true}
	}
	s.part = append(s.part, f.payload...)
	return f.final, nil
}

// read reads one frame and checks what RFC 6455 asks of a client's, so that a client
// that is careless about it fails here and not at Alipay.
func (s *Socket) read() (f frame, err error) {
	if err := s.conn.SetReadDeadline(time.Now().Add(silence)); err != nil {
		return f, fmt.Errorf("read a frame: %w", err)
	}
	var head [2]byte
	if _, err := io.ReadFull(s.in, head[:]); err != nil {
		return f, fmt.Errorf("read a frame: %w", err)
	}
	f.final, f.op = head[0]&0x80 != 0, head[0]&0x0f
	switch {
	case head[0]&0x70 != 0:
		return f, violation("no extension was agreed on")
	case head[1]&0x80 == 0:
		return f, violation("a client masks its frames")
	case f.op > OpBinary && f.op < opClose || f.op > OpPong:
		return f, violation("unknown opcode")
	case f.op >= opClose && (!f.final || head[1]&0x7f > 125):
		return f, violation("a control frame is short and whole")
	}
	size, err := s.size(head[1] & 0x7f)
	if err != nil {
		return f, err
	}
	body := make([]byte, 4+size)
	if _, err := io.ReadFull(s.in, body); err != nil {
		return f, fmt.Errorf("read a frame: %w", err)
	}
	mask, payload := body[:4], body[4:]
	for i := range payload {
		payload[i] ^= mask[i%4]
	}
	f.payload = payload
	return f, nil
}

// size reads the length of a payload, which has to be spelled as short as it can.
func (s *Socket) size(short byte) (int, error) {
	if short < 126 {
		return int(short), nil
	}
	width, least := 2, uint64(126)
	if short == 127 {
		width, least = 8, 0x10000
	}
	var long [8]byte
	if _, err := io.ReadFull(s.in, long[8-width:]); err != nil {
		return 0, fmt.Errorf("read a frame: %w", err)
	}
	size := binary.BigEndian.Uint64(long[:])
	if size < least {
		return 0, violation("a length is spelled too long")
	}
	if size > maxInbound {
		return 0, &Closed{Code: closeTooBig, Reason: "the message is too big", Ours: true}
	}
	return int(size), nil
}

// readClose takes a frame without a code for CloseNoStatus, as RFC 6455 has it.
func readClose(payload []byte) error {
	switch {
	case len(payload) == 0:
		return &Closed{Code: CloseNoStatus}
	case len(payload) == 1:
		return violation("a close code has two bytes")
	}
	return &Closed{Code: binary.BigEndian.Uint16(payload), Reason: string(payload[2:])}
}
