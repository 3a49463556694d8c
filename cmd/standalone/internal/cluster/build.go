package cluster

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/gofrs/flock"

	"miniflow/cmd/standalone/internal/outside"
)

// The programs of a cluster, by the names that they have in Programs.
const (
	miniflowProgram = "miniflow"
	alipayProgram   = "alipaysim"
	// As `go build` names Temporal's own after the folders they are in.
	serverProgram = "server"
	schemaProgram = "sql"
)

// module is the nested module, whose go.mod chooses Temporal's version.
const module = "miniflow/cmd/standalone"

// Build builds the four programs of a cluster into a directory, from the checkout that this process
// is in. What is there and right is left alone, so that a second time takes a second or two. The
// flags are the defaults: another one would compile Temporal's server again, for minutes.
func Build(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // programs, for everyone to run
		return err
	}
	// Two tests that build at once would write the same file.
	lock := flock.New(filepath.Join(dir, ".lock"))
	if err := lock.Lock(); err != nil {
		return fmt.Errorf("lock %s: %w", dir, err)
	}
	defer func() { _ = lock.Unlock() }() // it goes with the process at the latest
	nested, err := checkout()
	if err != nil {
		return err
	}
	// The trailing separator makes it a directory for `go build`.
	build := exec.CommandContext(ctx, "go", "-C", nested, "build", "-o", dir+string(filepath.Separator), //nolint:gosec // a folder of ours
		"go.temporal.io/server/cmd/server", "go.temporal.io/server/cmd/tools/sql")
	if said, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build Temporal's server: %w\n%s", err, said)
	}
	for _, program := range []string{miniflowProgram, alipayProgram} {
		if err := outside.Build(ctx, filepath.Join(nested, "..", program), filepath.Join(dir, program)); err != nil {
			return err
		}
	}
	return nil
}

// checkout is the folder of the nested module, from anywhere in Miniflow's checkout.
func checkout() (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find Miniflow's checkout: %w", err)
	}
	for dir := here; ; dir = filepath.Dir(dir) {
		nested := filepath.Join(dir, "cmd", "standalone")
		//nolint:gosec // a folder above this one
		if said, err := os.ReadFile(filepath.Join(nested, "go.mod")); err == nil && bytes.HasPrefix(said, []byte("module "+module+"\n")) {
			return nested, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("the programs are built from Miniflow's checkout, and %s is not in one: start it there, or name a directory with the four programs", here)
		}
	}
}

// programs returns the directory with the programs, which it builds unless they were named.
func programs(ctx context.Context, named string) (string, error) {
	if named == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find a place for the programs: %w", err)
		}
		dir := filepath.Join(cache, "miniflow", "cluster")
		return dir, Build(ctx, dir)
	}
	for _, program := range []string{serverProgram, schemaProgram, miniflowProgram, alipayProgram} {
		if _, err := os.Stat(filepath.Join(named, program)); err != nil {
			return "", fmt.Errorf("the programs of a cluster: %w", err)
		}
	}
	return named, nil
}
