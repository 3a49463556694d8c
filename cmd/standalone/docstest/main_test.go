package docstest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"miniflow/cmd/standalone/internal/outside"
)

var (
	// everything is a folder with the programs, and with the data of those that are shared.
	everything string
	// shared are the machines that commands of all documents run on, by the command that
	// has started them.
	shared          = map[string]machine{}
	sharedProcesses []*outside.Process
	nextPort        = 20000 + rand.IntN(8000)
)

func TestMain(m *testing.M) { os.Exit(runAll(m)) }

// runAll builds the programs by the flags that everything else is built by.
func runAll(m *testing.M) (code int) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	dir, err := os.MkdirTemp("", "miniflow-docstest-")
	if err != nil {
		return failed(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	everything = dir
	for program, folder := range map[string]string{"miniflow-standalone": "..", "miniflow": "../../miniflow", "alipaysim": "../../alipaysim", "miniflow-cluster": "../cluster"} {
		if err := outside.Build(ctx, folder, filepath.Join(dir, program)); err != nil {
			return failed(err)
		}
	}
	code = m.Run()
	ending, cancelEnding := context.WithTimeout(ctx, patience)
	defer cancelEnding()
	for _, process := range sharedProcesses {
		if err := process.Terminate(ending); err != nil {
			return failed(err)
		}
	}
	return code
}

func failed(err error) int {
	_, _ = fmt.Fprintln(os.Stderr, err)
	return 1
}
