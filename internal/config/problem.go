package config

import (
	"fmt"
	"strings"
)

// Problem is one thing wrong with a configuration, in parts so that tools can show it in
// their own way.
type Problem struct {
	// Field is the path, such as apps[0].private_key; empty when it concerns the whole file,
	// because no field is wrong then.
	Field string
	// Where is the file and line, or the variable, because a field may be set in several
	// places.
	Where string
	// Text is what is wrong and what to do. It contains no secret, because it is printed and
	// logged.
	Text string
}

// String returns one line, so that several problems make a list.
func (p Problem) String() string {
	head := p.Where
	if p.Field != "" {
		head += ": " + p.Field
	}
	return strings.TrimPrefix(head+": "+p.Text, ": ")
}

// Problems is everything wrong with a configuration, in the order of its fields, so that an
// operator corrects it in one go. Use errors.As to get it out of an error.
type Problems []Problem

// Error returns every problem on a line of its own, because a long line hides the later ones.
func (p Problems) Error() string {
	if len(p) == 1 {
		return "configuration refused: " + p[0].String()
	}
	var text strings.Builder
	fmt.Fprintf(&text, "configuration refused, %d problems:", len(p))
	for _, problem := range p {
		text.WriteString("\n  " + problem.String())
	}
	return text.String()
}

// asError returns nil when there is no problem; a nil Problems in an error would not be nil.
func (p Problems) asError() error {
	if len(p) == 0 {
		return nil
	}
	return p
}
