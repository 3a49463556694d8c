package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// disk is the directory of a journal. It is an interface because what a disk does when it is
// full, read-only or failing has to be tried.
type disk interface {
	// create makes a file that must not exist and makes its name durable.
	create(name string) (file, error)
	open(name string) (file, error)
	read(name string) ([]byte, error)
	// keep writes a whole file durably, replacing one of the same name.
	keep(name string, data []byte) error
	remove(name string) error
	list() ([]string, error)
}

type file interface {
	io.ReaderAt
	io.WriterAt
	Truncate(size int64) error
	Sync() error
	Close() error
}

// Modes of what is written, because messages are the account's own business even where they
// are sealed.
const (
	fileMode = 0o600
	dirMode  = 0o700
)

// directory is a disk that is a directory of the operating system.
type directory struct{ path string }

func openDirectory(path string) (directory, error) {
	if err := os.MkdirAll(path, dirMode); err != nil {
		return directory{}, fmt.Errorf("make the journal's directory: %w", err)
	}
	return directory{path}, nil
}

func (d directory) at(name string) string { return filepath.Join(d.path, name) }

func (d directory) create(name string) (file, error) {
	f, err := os.OpenFile(d.at(name), os.O_RDWR|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return nil, err
	}
	// Without this a loss of power could take the file with everything that was synced in it.
	if err := d.sync(); err != nil {
		return nil, errors.Join(err, f.Close(), d.remove(name))
	}
	return f, nil
}

func (d directory) open(name string) (file, error) {
	return os.OpenFile(d.at(name), os.O_RDWR, fileMode)
}

func (d directory) read(name string) ([]byte, error) { return os.ReadFile(d.at(name)) }

func (d directory) keep(name string, data []byte) error {
	// Left by a process that died here; it was not named yet, so nobody relies on it.
	_ = d.remove(name + ".part")
	f, err := os.OpenFile(d.at(name+".part"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(d.at(name+".part"), d.at(name)); err != nil {
		return err
	}
	return d.sync()
}

func (d directory) remove(name string) error {
	err := os.Remove(d.at(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (d directory) list() ([]string, error) {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names, nil
}

// sync makes names durable.
func (d directory) sync() error {
	f, err := os.Open(d.path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
