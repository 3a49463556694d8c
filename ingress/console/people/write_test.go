package people

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWhatIsWrittenIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "people.yaml")
	odd := []Person{
		{Name: "0123", Roles: []Role{RoleViewer}, Apps: []string{"2021000000000001", "*"}, Merchants: []string{"0777", "1_000", "null"}, OIDC: "#: 'x' \"y\" - [a]\n{b}", SessionsAfter: begin},
		{Name: "true", Roles: Roles(), Apps: []string{"*"}, PasswordHash: passwordHash(), SessionsAfter: begin.Add(time.Nanosecond)},
		{Name: "李.四@x", Roles: []Role{RoleAuditor}, Apps: []string{"a"}, OIDC: " 12:30 ", SessionsAfter: begin},
	}
	for _, person := range odd {
		at := person.SessionsAfter
		if err := Change(path, nil, func(file *File) error { return file.Add(person, at) }); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ReadFile(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(odd, got.People); diff != "" {
		text, _ := os.ReadFile(path)
		t.Errorf("%s\n%s", diff, text)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != 1 {
		t.Errorf("%v %v", files, err)
	}
}

func TestAWrongChangeIsNotWritten(t *testing.T) {
	h := open(t, two)
	before, _ := os.ReadFile(h.path)
	for name, change := range map[string]func(file *File) error{
		"twice": func(f *File) error {
			return f.Add(Person{Name: "operator-1", Roles: Roles(), Apps: []string{"*"}}, begin)
		},
		"no roles": func(f *File) error { return f.Add(Person{Name: "x", Apps: []string{"*"}}, begin) },
		"no group": func(f *File) error {
			return f.Add(Person{Name: "x", Roles: Roles(), Apps: []string{"*"}, Merchants: []string{"nowhere"}}, begin)
		},
		"nobody":     func(f *File) error { return f.Remove("x") },
		"nobody out": func(f *File) error { return f.LogOut("x", begin) },
		"nobody in":  func(f *File) error { return f.SetPassword("x", password, begin) },
		"short":      func(f *File) error { return f.SetPassword("operator-1", "short", begin) },
		"its own":    func(*File) error { return errors.New("no") },
	} {
		if err := Change(h.path, map[string][]string{"hangzhou": nil}, change); err == nil {
			t.Errorf("%s was written", name)
		}
	}
	if after, _ := os.ReadFile(h.path); string(after) != string(before) {
		t.Error("the file has changed")
	}
}

func TestASecondWriterIsNotOverwritten(t *testing.T) {
	h := open(t, two)
	err := Change(h.path, nil, func(*File) error {
		h.write("people: []")
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "meanwhile") {
		t.Error(err)
	}
	if file, err := ReadFile(h.path, nil); err != nil || len(file.People) != 0 {
		t.Errorf("%+v %v", file, err)
	}
	path := filepath.Join(t.TempDir(), "people.yaml") // made meanwhile
	if err := Change(path, nil, func(*File) error { return os.WriteFile(path, nil, 0o600) }); err == nil {
		t.Error("a file that was made meanwhile is lost")
	}
}

func TestALinkStaysALink(t *testing.T) {
	h := open(t, two)
	link := filepath.Join(t.TempDir(), "people.yaml")
	if err := os.Symlink(h.path, link); err != nil {
		t.Fatal(err)
	}
	if err := Change(link, nil, func(f *File) error { return f.Remove("operator-1") }); err != nil {
		t.Fatal(err)
	}
	if _, found := h.directory.Grant("operator-1"); found {
		t.Error("what the link leads to was not written")
	}
}

// TestANewPasswordEndsSessions, and so do a log-out by the command line and a name that was given to
// somebody else.
func TestANewPasswordEndsSessions(t *testing.T) {
	for name, change := range map[string]func(f *File) error{
		"password": func(f *File) error { return f.SetPassword("operator-1", "another "+password, begin.Add(time.Minute)) },
		"log-out":  func(f *File) error { return f.LogOut("operator-1", begin.Add(time.Minute)) },
		"replaced": func(f *File) error {
			again := *f.find("operator-1")
			return errors.Join(f.Remove("operator-1"), f.Add(again, begin.Add(time.Minute)))
		},
	} {
		h := open(t, two)
		b, other := h.loggedIn(), newBrowser()
		h.begin(other, "auditor-1", WayOIDC)
		h.pass(time.Minute)
		if err := Change(h.path, nil, change); err != nil {
			t.Fatal(err)
		}
		h.mustBe(b, false, name)
		h.mustBe(other, true, "somebody else")
	}
}

func TestTheFirstAccountMayDoEverything(t *testing.T) {
	path := filepath.Join(t.TempDir(), "people.yaml")
	if err := First(path, "operator", password, begin); err != nil {
		t.Fatal(err)
	}
	d, err := NewDirectory(DirectoryOptions{Path: path, Now: func() time.Time { return begin }})
	if err != nil {
		t.Fatal(err)
	}
	if grant, err := d.CheckPassword(t.Context(), "operator", password, "127.0.0.1"); err != nil || !grant.Allows("approve") || grant.Merchants != nil {
		t.Errorf("%+v %v", grant, err)
	}
	if err := First(path, "operator", "another "+password, begin); err == nil {
		t.Error("an account was made twice")
	}
}
