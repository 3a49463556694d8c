// Package command is the ground that the command lines of this project stand on: what
// a command gets from outside, how it prints its result, which exit code it ends with,
// and how it opens a port on this machine.
//
// Every command ends with 0 when what was asked for holds, with 1 when it does not,
// with 2 when it could not even be asked, and with 130 when ctrl-c has cut it short. Results go to standard output, as text
// or with --output json as JSON; what went wrong goes to standard error and says what
// to do instead.
package command

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"miniflow/internal/telemetry"
	"miniflow/words"
)

const outputJSON = "json"

// Env is what a command gets from outside, so that a test can put its own in the place of the
// process's.
type Env struct {
	Getenv         func(string) string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Now            func() time.Time
	// JSON is set by Run, from --output, before a command's own Run looks at it.
	JSON bool
	// Language is what people are told in, and what an API is asked to answer in. Run sets it, from
	// --lang or the environment; empty is English, as of a program that has no such flag.
	Language words.Language

	program   string          // the name that errors begin with
	variables map[string]bool // those that flags may come from
}

// Main runs this process's command line until it ends or is told to. It exits by itself,
// because the exit code is part of the result that scripts read.
func Main(program Program) {
	// SIGTERM is what a container and systemd send, and means the same as a person's ctrl-c: end
	// in order, and let what is in hand finish.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := Run(ctx, program, os.Args[1:], &Env{
		Getenv: os.Getenv, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Now: time.Now,
	})
	// os.Exit runs no deferred call.
	stop()
	os.Exit(code)
}

// HasVariable reports whether an environment variable is a flag's, so that reading the
// configuration doesn't refuse it as a misspelt setting.
func (e *Env) HasVariable(name string) bool { return e.variables[name] }

// Show prints a result once, as JSON or as the page that text makes of it, so that a command
// can't print one form and forget the other.
func (e *Env) Show(value any, text func(p *Page)) error {
	if e.JSON {
		return e.encode(value, "  ")
	}
	return e.print(text)
}

// ShowLine prints one result of several as they come. In JSON each is a line, because a reader
// of a stream can't wait for the end of a list.
func (e *Env) ShowLine(value any, text func(p *Page)) error {
	if e.JSON {
		return e.encode(value, "")
	}
	return e.print(text)
}

// Line prints a result whose only form is JSON, on one line, whatever --output says.
func (e *Env) Line(value any) error { return e.encode(value, "") }

// ShowText prints text that JSON has no place for, because every line of the output
// has to be a result. With --output json it prints nothing.
func (e *Env) ShowText(text func(p *Page)) error {
	if e.JSON {
		return nil
	}
	return e.print(text)
}

// Note writes a line for a person to standard error: standard output holds results alone, so
// that it can be piped into another program. The format is a sentence of the catalogue in English.
func (e *Env) Note(format string, args ...any) error {
	_, err := io.WriteString(e.Stderr, e.program+": "+e.Sayf(format, args...)+"\n")
	return err
}

// Sayf is [Page.Sayf] for what goes to standard error.
func (e *Env) Sayf(format string, args ...any) string {
	return fmt.Sprintf(words.Pattern(e.Language, format), args...)
}

// Translate is [Page.Translate] for what goes to standard error.
func (e *Env) Translate(english string) string { return words.Translated(e.Language, english) }

// People read this JSON too, so < and & stay themselves.
func (e *Env) encode(value any, indent string) error {
	encoder := json.NewEncoder(e.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	return encoder.Encode(value)
}

// Colours are for a terminal alone: in a file or a pipe they are garbage.
func (e *Env) print(text func(p *Page)) error {
	// A test's buffer is no file, so what it compares has no colours.
	file, isFile := e.Stdout.(*os.File)
	p := NewPage(e.Stdout, isFile && telemetry.IsTerminal(file, e.Getenv))
	p.language = e.Language
	text(p)
	return p.err
}
