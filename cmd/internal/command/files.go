package command

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxInput is the largest file that a tool reads, in bytes. Keys, notifications and orders are
// far smaller; what is larger was named by mistake.
const maxInput = 4 << 20

// ReadInput reads a file, or standard input for "-" as Unix tools do, so that a message can be
// piped in without a file that keeps it.
func (e *Env) ReadInput(name string) ([]byte, error) {
	if name == "-" {
		return readBounded(e.Stdin, "standard input")
	}
	return ReadFile(name)
}

// ReadFile reads no more than a tool can expect, so that a wrong name, such as a disk image,
// is an error at once.
func ReadFile(name string) ([]byte, error) {
	file, err := os.Open(name) //nolint:gosec // the caller names the file
	if err != nil {
		return nil, Usagef("read the file: %w; name one that exists", err)
	}
	defer func() { _ = file.Close() }() // nothing was written
	return readBounded(file, name)
}

// readBounded reads no more than the largest input, so that a device or a pipe without an end
// is an error too.
func readBounded(from io.Reader, name string) ([]byte, error) {
	// One byte more than the limit, to distinguish a file that fills it from one that is cut off.
	text, err := io.ReadAll(io.LimitReader(from, maxInput+1))
	if err == nil && len(text) > maxInput {
		err = fmt.Errorf("%s is larger than %d MiB; this is not the right file", name, maxInput>>20)
	}
	if err != nil {
		return nil, Usagef("read %s: %w", name, err)
	}
	return text, nil
}

// WriteNew writes a file that must not exist yet. It is whole before it has its
// name, and nobody else may read it.
func WriteNew(path string, content []byte) error {
	// A link, unlike a rename, takes no existing file's place.
	err := write(path, content, os.Link)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists and is not overwritten: name another place, or move it away", path)
	}
	return err
}

// WriteWhole writes a file in the place of the one that is there. A reader finds the old
// one or the new one, whole, also after a crash.
func WriteWhole(path string, content []byte) error { return write(path, content, os.Rename) }

// write gives a file its name only when the disk has all of it, so that a crash leaves no half
// of a key.
func write(path string, content []byte, name func(draft, path string) error) (err error) {
	// The draft is beside its place, because neither a rename nor a link crosses file systems.
	draft, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if removed := os.Remove(draft.Name()); !errors.Is(removed, fs.ErrNotExist) { // a rename leaves no draft
			err = errors.Join(err, removed)
		}
	}()
	_, err = draft.Write(content)
	// Without Sync a crash may leave the new name on an empty file: the system writes a name and
	// what it names in an order of its own.
	if err = errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := name(draft.Name(), path); err != nil {
		return fmt.Errorf("name %s: %w", path, err)
	}
	return nil
}
