package people

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/goccy/go-yaml"
)

// heading is what a written file begins with.
const heading = "# Who may use the console. Written by `miniflow people`, which keeps no other comments.\n# 可使用控制台的人员。由 `miniflow people` 写入，不保留其他注释。\n"

// ErrNobody means that no account has the name.
var ErrNobody = errors.New("nobody of this name is in the people file; `miniflow people list` shows who is")

// Change reads a people file, changes it and writes it: whole, for its owner alone, and only if it is
// right. A file that is not there begins empty. Comments are lost. One that has changed meanwhile is
// left alone, so that nobody is put back whom somebody else has just removed.
func Change(path string, groups map[string][]string, change func(file *File) error) error {
	if at, err := filepath.EvalSymlinks(path); err == nil {
		path = at // the name stays a link, and what it leads to is written
	}
	before, err := os.Stat(path)
	file := File{People: []Person{}}
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	default:
		if file, err = ReadFile(path, groups); err != nil {
			return err
		}
	}
	if err := change(&file); err != nil {
		return err
	}
	if err := file.check(groups); err != nil {
		return err
	}
	text, err := yaml.Marshal(file)
	if err != nil {
		return fmt.Errorf("write the people file: %w", err)
	}
	return replace(path, append([]byte(heading), text...), before)
}

// replace gives the file its name only when the disk has all of it, so that no process reads half of
// a list.
func replace(path string, text []byte, before os.FileInfo) (err error) {
	draft, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("write the people file: %w", err)
	}
	defer func() {
		if removed := os.Remove(draft.Name()); !errors.Is(removed, fs.ErrNotExist) { // a rename leaves no draft
			err = errors.Join(err, removed)
		}
	}()
	_, err = draft.Write(text)
	if err = errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return fmt.Errorf("write the people file: %w", err)
	}
	now, err := os.Stat(path)
	if (err == nil) != (before != nil) || err == nil && !sameContent(before, now) {
		return errors.New("somebody else has changed the people file meanwhile; run the command again")
	}
	if err := os.Rename(draft.Name(), path); err != nil {
		return fmt.Errorf("write the people file: %w", err)
	}
	return nil
}

// Add adds a person. Whoever had the name before has no session any more.
func (f *File) Add(person Person, now time.Time) error {
	if f.find(person.Name) != nil {
		return fmt.Errorf("people %q: stands there already; change the file, or remove the account first", person.Name)
	}
	person.SessionsAfter = now.UTC()
	f.People = append(f.People, person)
	return nil
}

// Remove takes a person out.
func (f *File) Remove(name string) error {
	if f.find(name) == nil {
		return ErrNobody
	}
	f.People = slices.DeleteFunc(f.People, func(p Person) bool { return p.Name == name })
	return nil
}

// SetPassword gives a person a password, and ends the sessions that began with another.
func (f *File) SetPassword(name, password string, now time.Time) error {
	hash, err := HashPassword(password)
	if err != nil {
		return err
	}
	if err := f.LogOut(name, now); err != nil {
		return err
	}
	f.find(name).PasswordHash = hash
	return nil
}

// LogOut ends every session of a person, in every process that reads the file.
func (f *File) LogOut(name string, now time.Time) error {
	person := f.find(name)
	if person == nil {
		return ErrNobody
	}
	person.SessionsAfter = now.UTC()
	return nil
}

func (f *File) find(name string) *Person {
	for i := range f.People {
		if f.People[i].Name == name {
			return &f.People[i]
		}
	}
	return nil
}

// First makes a people file with one account that may do everything, and read who did what.
func First(path, name, password string, now time.Time) error {
	return Change(path, nil, func(file *File) error {
		person := Person{Name: name, Roles: []Role{RoleRelease, RoleAuditor}, Apps: []string{"*"}}
		return errors.Join(file.Add(person, now), file.SetPassword(name, password, now))
	})
}
