package audit

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// fileForm is a file's name: the day, and the chain, which is when its process began and a random id.
var fileForm = regexp.MustCompile(`^audit-(\d{8})-(\d{8}T\d{6}Z-[0-9a-f]{8})\.jsonl$`)

// dayForm is how a day is written in a name; days are those of UTC.
const dayForm = "20060102"

type file struct{ path, name, day, chain string }

func fileOf(path string) (file, bool) {
	parts := fileForm.FindStringSubmatch(filepath.Base(path))
	if parts == nil {
		return file{}, false
	}
	return file{path, parts[0], parts[1], parts[2]}, true
}

// list returns the files of a directory by day, then by chain. Other files are none of ours.
func list(dir string) ([]file, error) {
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return nil, fmt.Errorf("list the audit log: %w", err)
	}
	var files []file
	for _, entry := range entries {
		if f, ours := fileOf(filepath.Join(dir, entry.Name())); ours {
			files = append(files, f)
		}
	}
	return files, nil
}

// filesOf returns the files that paths name, and whether they are all of their folders, so that a file
// that is missed is really missing.
func filesOf(paths []string) (files []file, whole bool, _ error) {
	whole = true
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, false, fmt.Errorf("read the audit log: %w", err)
		}
		if info.IsDir() {
			listed, err := list(path)
			if err != nil {
				return nil, false, err
			}
			files = append(files, listed...)
			continue
		}
		f, ours := fileOf(path)
		if !ours {
			return nil, false, fmt.Errorf("%s is no file of an audit log: their names begin with audit- and end with .jsonl", path)
		}
		files, whole = append(files, f), false
	}
	return files, whole, nil
}

// lines calls for each whole line of a file with where it begins, and reports whether the file ends in
// a line that is not whole. One that is gone has no lines: it was too old, and went while they were
// listed.
func (f file) lines(each func(offset int64, text []byte) error) (torn bool, err error) {
	opened, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the audit log: %w", err)
	}
	defer func() { _ = opened.Close() }() // it was only read
	reader := bufio.NewReaderSize(opened, 64<<10)
	for offset := int64(0); ; {
		text, err := reader.ReadBytes('\n')
		switch {
		case errors.Is(err, io.EOF):
			return len(text) > 0, nil
		case err != nil:
			return false, fmt.Errorf("read the audit log: %w", err)
		}
		if err := each(offset, text); err != nil {
			return false, err
		}
		offset += int64(len(text))
	}
}

// last returns the last whole line of a file.
func (f file) last() (Mark, error) {
	var text []byte
	if _, err := f.lines(func(_ int64, each []byte) error { text = each; return nil }); err != nil {
		return Mark{}, err
	}
	l, err := parse(text)
	return Mark{f.name, l.Sequence, l.Hash}, err
}

// maxAnchors is how many other chains a line says the state of: the youngest.
const maxAnchors = 20

// anchors returns where the other chains of a directory stand. What can't be read is left out here,
// because it is Verify that says so.
func anchors(files []file, chain string) []Mark {
	last := map[string]file{}
	for _, f := range files {
		if f.chain != chain {
			last[f.chain] = f
		}
	}
	var others []file
	for _, f := range last {
		others = append(others, f)
	}
	slices.SortFunc(others, func(a, b file) int { return strings.Compare(b.chain, a.chain) })
	var marks []Mark
	for _, f := range others[:min(maxAnchors, len(others))] {
		if mark, err := f.last(); err == nil {
			marks = append(marks, mark)
		}
	}
	return marks
}
