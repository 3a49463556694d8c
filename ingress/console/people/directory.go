package people

import (
	"errors"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"
)

// Grace is how long the last good people file counts after it has become unreadable. Until then those
// who are logged in stay, so that a slip of an editor throws nobody out, and nobody logs in; after it
// nobody is let in, because a file that can't be read may have removed anybody.
const Grace = time.Minute

// restless is how old a file has to be before its time and size prove that it has not changed: file
// systems count time in steps, and a second change within one leaves no trace.
const restless = 2 * time.Second

// ErrUnreadable means that the people file can't be read, so that nobody can log in.
var ErrUnreadable = errors.New("the people file can't be read")

// DirectoryOptions say where people stand.
type DirectoryOptions struct {
	// Path is the people file.
	Path string
	// Groups are console.merchant_groups: merchant_refs, or beginnings of them that end in *.
	Groups map[string][]string
	Now    func() time.Time
	// Log gets one line when the file can't be read, and one when it can again. nil is nobody.
	Log *slog.Logger
}

// Directory is who is known. It reads the people file again whenever that has changed, which is
// looked at for each request. It is safe for concurrent use.
type Directory struct {
	options   DirectoryOptions
	passwords passwords

	mu      sync.Mutex
	seen    os.FileInfo // of the file that was read last, good or not
	settled bool        // seen was old enough when it was read
	good    known
	broken  error
	since   time.Time // of broken
}

// known is a people file, ready to be asked.
type known struct {
	byName, byClaim map[string]Person
}

// NewDirectory reads the people file for the first time, and fails if that can't be done: a console
// that nobody can use is a mistake.
func NewDirectory(options DirectoryOptions) (*Directory, error) {
	if options.Groups == nil {
		options.Groups = map[string][]string{}
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	d := &Directory{options: options, passwords: newPasswords(options.Now)}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refresh()
	return d, d.broken
}

// Grant returns what a person may do now; false for somebody who is not, or no longer, in the people
// file. Ask at each request.
func (d *Directory) Grant(name string) (Grant, bool) {
	person, found := d.person(name)
	if !found {
		return Grant{}, false
	}
	return person.grant(d.options.Groups), true
}

// Allowed returns the names of those who may use an operation of the API, sorted.
func (d *Directory) Allowed(operationID string) []string {
	known, _ := d.now()
	names := []string{}
	for name, person := range known.byName {
		if person.grant(d.options.Groups).Allows(operationID) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Problem returns why the people file can't be read at present, for whoever reports health.
func (d *Directory) Problem() error {
	_, err := d.now()
	return err
}

// person is for those who are logged in: the last good file counts for [Grace].
func (d *Directory) person(name string) (Person, bool) {
	known, _ := d.now()
	person, found := known.byName[name]
	return person, found
}

// byClaim is for those who log in, so it needs a file that can be read.
func (d *Directory) byClaim(value string) (Grant, bool, error) {
	known, err := d.now()
	if err != nil {
		return Grant{}, false, ErrUnreadable
	}
	person, found := known.byClaim[value]
	return person.grant(d.options.Groups), found, nil
}

// now returns the people who count now, and why the file can't be read where that is so.
func (d *Directory) now() (known, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refresh()
	if d.broken != nil && d.options.Now().Sub(d.since) >= Grace {
		return known{}, d.broken
	}
	return d.good, d.broken
}

func (d *Directory) refresh() {
	info, err := os.Stat(d.options.Path)
	if err != nil {
		d.seen = nil
		d.breaks(err)
		return
	}
	if d.seen != nil && d.settled && sameContent(d.seen, info) {
		return
	}
	file, err := ReadFile(d.options.Path, d.options.Groups)
	d.seen, d.settled = info, d.options.Now().Sub(info.ModTime()) >= restless
	if err != nil {
		d.breaks(err)
		return
	}
	if d.broken != nil {
		d.options.Log.Info("the people file can be read again", "file", d.options.Path)
	}
	d.good, d.broken = newKnown(file, d.options.Now()), nil
}

// sameContent compares inode, size and time.
func sameContent(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// breaks begins the grace at the first failure; another failure does not prolong it.
func (d *Directory) breaks(err error) {
	if d.broken == nil {
		d.since = d.options.Now()
	}
	if d.broken == nil || d.broken.Error() != err.Error() {
		d.options.Log.Error("the people file can't be read; who is logged in stays for a minute, and nobody can log in",
			"file", d.options.Path, "error", err)
	}
	d.broken = err
}

// newKnown takes a moment that is still to come, from a clock that leads, for the one at which the file
// is read: nobody could log in until then.
func newKnown(file File, now time.Time) known {
	all := known{byName: map[string]Person{}, byClaim: map[string]Person{}}
	for _, person := range file.People {
		if person.SessionsAfter.After(now) {
			person.SessionsAfter = now
		}
		all.byName[person.Name] = person
		if person.OIDC != "" {
			all.byClaim[person.OIDC] = person
		}
	}
	return all
}
