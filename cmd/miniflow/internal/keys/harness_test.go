package keys

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
			Keys Command `cmd:""`
		}{}}
	})}
}
