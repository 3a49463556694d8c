package verify

import (
	"testing"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/commandtest"
)

// program runs command lines of this tool alone.
type program struct{ *commandtest.Program }

func newProgram(t *testing.T) *program {
	t.Helper()
	return &program{commandtest.New(t, func() command.Program {
		return command.Program{Name: "miniflow", Line: &struct {
			command.Flags
			Verify Command `cmd:""`
		}{}}
	})}
}

// in is the same program for a subtest.
func (p *program) in(t *testing.T) *program { return &program{p.For(t)} }
