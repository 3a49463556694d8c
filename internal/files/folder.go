package files

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"time"
)

const (
	// partial is where files are written before they have their names.
	partial = ".partial"
	// abandonedAfter is how old a file there has to be for its writer to be gone.
	abandonedAfter = time.Hour
	folderMode     = 0o700
)

// Folder is a [Backend] in a folder of a disk that every process with the role api or worker has.
// Files are for its user alone.
type Folder struct{ root *os.Root }

// OpenFolder opens a folder, and makes it where it is missing. What a process that died left
// half-written is removed.
func OpenFolder(dir string) (*Folder, error) {
	if err := os.MkdirAll(filepath.Join(dir, partial), folderMode); err != nil {
		return nil, fmt.Errorf("make the folder for files: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the folder for files: %w", err)
	}
	f := &Folder{root: root}
	return f, f.tidy()
}

// tidy leaves what is young, because another process may be writing it.
func (f *Folder) tidy() error {
	entries, err := fs.ReadDir(f.root.FS(), partial)
	if err != nil {
		return fmt.Errorf("look for half-written files: %w", err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || time.Since(info.ModTime()) < abandonedAfter {
			continue
		}
		// One that can't be removed takes room, and harms nothing.
		_ = f.root.Remove(path.Join(partial, entry.Name()))
	}
	return nil
}

// Put writes a file under another name, syncs it, and gives it its name.
func (f *Folder) Put(_ context.Context, name string, content []byte) error {
	written := path.Join(partial, rand.Text())
	if err := f.write(written, content); err != nil {
		return err
	}
	const tries = 3 // a sweep may remove the folder, which was empty, between two steps
	var err error
	for range tries {
		if err = f.move(written, name); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if err != nil {
		_ = f.root.Remove(written) // the error that counts is returned
	}
	return err
}

func (f *Folder) write(name string, content []byte) error {
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		_ = f.root.Remove(name) // the error that counts is returned
	}
	return err
}

// move gives a file its name, and syncs every folder in which a name may be new.
func (f *Folder) move(written, name string) error {
	if err := f.root.MkdirAll(path.Dir(name), folderMode); err != nil {
		return err
	}
	if err := f.root.Rename(written, name); err != nil {
		return err
	}
	for folder := path.Dir(name); ; folder = path.Dir(folder) {
		if err := f.sync(folder); err != nil || folder == "." {
			return err
		}
	}
}

func (f *Folder) sync(folder string) error {
	opened, err := f.root.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(opened.Sync(), opened.Close())
}

// Get reads a file.
func (f *Folder) Get(_ context.Context, name string) ([]byte, error) {
	content, err := f.root.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNone
	}
	return content, err
}

// Delete removes a file, and its folders once they are empty.
func (f *Folder) Delete(_ context.Context, name string) error {
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for folder := path.Dir(name); folder != "."; folder = path.Dir(folder) {
		if f.root.Remove(folder) != nil {
			break // something is in it
		}
	}
	return nil
}

// List walks a folder. One that is not there is empty.
func (f *Folder) List(ctx context.Context, folder string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if folder == "" {
			folder = "."
		}
		err := fs.WalkDir(f.root.FS(), folder, func(name string, entry fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil // a sweep was faster
			case err != nil:
				return err
			case entry.IsDir() && name == partial:
				return fs.SkipDir
			case !entry.IsDir() && !yield(name, nil):
				return fs.SkipAll
			}
			return ctx.Err()
		})
		if err != nil {
			yield("", err)
		}
	}
}
