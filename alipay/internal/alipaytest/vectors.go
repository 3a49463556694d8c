package alipaytest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// ReadVectors reads a file of vectors and checks how many cases it has, because a lost or
// emptied file would otherwise pass.
func ReadVectors[Case any](t *testing.T, name string, count int) []Case {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "vectors", name)) //nolint:gosec // a file of this repository
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []Case }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) != count {
		t.Fatalf("%s has %d cases, want %d", name, len(file.Cases), count)
	}
	return file.Cases
}
