package command

import (
	"context"
	"io"
)

// stdin is standard input that ends with the context: a person who has called a command without its file
// sits before a program that waits for lines, and ctrl-c has to end it.
type stdin struct {
	ctx    context.Context //nolint:containedctx // an io.Reader has no other place for it
	from   io.Reader
	buffer []byte // the reading goroutine's own: it may still read when nobody waits for it any more
}

// largestRead bounds the buffer, in bytes.
const largestRead = 256 << 10

func (s *stdin) Read(to []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	if wanted := min(len(to), largestRead); len(s.buffer) < wanted {
		s.buffer = make([]byte, wanted)
	}
	type result struct {
		n   int
		err error
	}
	read, buffer := make(chan result, 1), s.buffer[:min(len(to), len(s.buffer))]
	go func() {
		n, err := s.from.Read(buffer)
		read <- result{n, err}
	}()
	select {
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	case got := <-read:
		return copy(to, buffer[:got.n]), got.err
	}
}
