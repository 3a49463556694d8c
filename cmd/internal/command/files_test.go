package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFilesAreNeverOverwritten(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "new")
	if err := WriteNew(path, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := WriteNew(path, []byte("second")); err == nil {
		t.Error("a file that exists was written")
	}
	if text, err := ReadFile(path); err != nil || string(text) != "first" {
		t.Errorf("%v; the file holds %q", err, text)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".new*")); err != nil || len(left) != 0 {
		t.Errorf("drafts are left: %v %v", left, err)
	}
	if err := WriteNew(filepath.Join(dir, "no", "such"), nil); err == nil {
		t.Error("written into a directory that does not exist")
	}
	if err := WriteWhole(path, []byte("third")); err != nil {
		t.Fatal(err)
	}
	if text, err := ReadFile(path); err != nil || string(text) != "third" {
		t.Errorf("%v; the file holds %q", err, text)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".new*")); err != nil || len(left) != 0 {
		t.Errorf("drafts are left: %v %v", left, err)
	}
	big := filepath.Join(dir, "big")
	if err := os.WriteFile(big, make([]byte, maxInput+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(big); !IsUsage(err) || !strings.Contains(err.Error(), "4 MiB") {
		t.Errorf("a file that is too large: %v", err)
	}
}
