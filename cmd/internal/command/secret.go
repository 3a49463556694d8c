package command

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"miniflow/words"
)

// ReadSecret reads a line that nobody else is to see: from a terminal without showing it, after a
// question on standard error, or from a pipe. question is a sentence of the catalogue.
func (e *Env) ReadSecret(ctx context.Context, question string) (string, error) {
	if terminal, is := e.terminal(); is {
		return e.ask(ctx, terminal, question)
	}
	line, err := bufio.NewReader(io.LimitReader(e.Stdin, maxInput)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", AsUsage(err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// IsTerminal reports whether a person sits at standard input.
func (e *Env) IsTerminal() bool { _, is := e.terminal(); return is }

func (e *Env) terminal() (*os.File, bool) {
	from := e.Stdin
	if bounded, is := from.(*stdin); is {
		from = bounded.from
	}
	file, is := from.(*os.File)
	return file, is && term.IsTerminal(int(file.Fd()))
}

// ask returns when the context ends too, and leaves a terminal that shows what is typed.
func (e *Env) ask(ctx context.Context, terminal *os.File, question string) (string, error) {
	fd := int(terminal.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	if _, err := io.WriteString(e.Stderr, words.Pattern(e.Language, question)+" "); err != nil {
		return "", err
	}
	type answer struct {
		text []byte
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		answered <- answer{text, err}
	}()
	defer func() { _, _ = io.WriteString(e.Stderr, "\n") }() // the person's own was not shown
	select {
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(fd, before))
	case got := <-answered:
		return string(got.text), got.err
	}
}
