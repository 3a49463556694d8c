package people

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"miniflow/internal/config"
)

// File is the people file. It is written by `miniflow people` or by hand, and read by every process
// that serves the console.
type File struct {
	People []Person `yaml:"people"`
}

// Person is one account.
type Person struct {
	// Name is what is typed to log in, and the actor on timelines. It is lower case, so that a
	// phone's keyboard can't spoil it.
	Name  string `yaml:"name"`
	Roles []Role `yaml:"roles"`
	// Apps are app ids; "*" is every app. Required, because no default is harmless.
	Apps []string `yaml:"apps"`
	// Merchants are names of console.merchant_groups; none is every merchant.
	Merchants []string `yaml:"merchants,omitempty"`
	// PasswordHash is argon2id in PHC form; without one the person logs in by OIDC alone.
	PasswordHash string `yaml:"password_hash,omitempty"`
	// OIDC is the value of the claim console.oidc.claim that is this person.
	OIDC string `yaml:"oidc,omitempty"`
	// SessionsAfter ends every session that began earlier, in every process.
	SessionsAfter time.Time `yaml:"sessions_after,omitempty"`
}

// mostFile bounds the people file, which is read while a request waits.
const mostFile = 1 << 20

// mostName bounds a name, because it is a line of every timeline.
const mostName = 64

// ReadFile reads a people file and checks it against the groups of the configuration. nil groups
// means that nobody knows them, so that any name may stand for one.
func ReadFile(path string, groups map[string][]string) (File, error) {
	// The operator names the file, and it is bounded before it is read.
	info, err := os.Stat(path)
	if err != nil {
		return File{}, err
	}
	if info.Size() > mostFile {
		return File{}, fmt.Errorf("%s is larger than 1 MiB; this is not the right file", path)
	}
	text, err := os.ReadFile(path) //nolint:gosec // as above
	if err != nil {
		return File{}, err
	}
	var file File
	if err := config.Decode(filepath.Base(path), text, &file); err != nil {
		return File{}, err
	}
	return file, file.check(groups)
}

// check returns the first thing that is wrong, by the person's name, because a line that was moved
// would say less. A file without the list is broken: an editor may have emptied it to write it anew.
func (f File) check(groups map[string][]string) error {
	if f.People == nil {
		return errors.New("the people file has no list `people`; write `people: []` if nobody is meant to log in")
	}
	names, claims := map[string]bool{}, map[string]bool{}
	for _, person := range f.People {
		if err := person.check(groups); err != nil {
			return fmt.Errorf("people %q: %w", person.Name, err)
		}
		if names[person.Name] {
			return fmt.Errorf("people %q: stands there twice; leave one", person.Name)
		}
		if person.OIDC != "" && claims[person.OIDC] {
			return fmt.Errorf("people %q: has the oidc of somebody else; leave one", person.Name)
		}
		names[person.Name], claims[person.OIDC] = true, true
	}
	return nil
}

func (p Person) check(groups map[string][]string) error {
	if !isName(p.Name) {
		return fmt.Errorf("name has to be 1 to %d lower-case letters, digits, '.', '_', '@' or '-'", mostName)
	}
	if len(p.Roles) == 0 {
		return fmt.Errorf("roles is empty; name some of %v", Roles())
	}
	for _, role := range p.Roles {
		if !slices.Contains(Roles(), role) {
			return fmt.Errorf("roles has to be some of %v", Roles())
		}
	}
	if len(p.Apps) == 0 || slices.Contains(p.Apps, "") {
		return errors.New("apps is empty; name the app ids, or \"*\" for every app")
	}
	if p.Merchants != nil && len(p.Merchants) == 0 {
		return errors.New("merchants is an empty list; name groups of console.merchant_groups, or leave it out for every merchant")
	}
	for _, group := range p.Merchants {
		if _, known := groups[group]; !known && groups != nil {
			return fmt.Errorf("merchants names %q, which is no group of console.merchant_groups", group)
		}
	}
	if p.PasswordHash != "" {
		if _, err := parseHash(p.PasswordHash); err != nil {
			return fmt.Errorf("password_hash %w", err)
		}
	}
	return nil
}

func isName(name string) bool {
	if name == "" || len(name) > mostName || !utf8.ValidString(name) || name != NameOf(name) {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._@-", r)
	})
}

// NameOf returns a name as it is kept, from what somebody has typed.
func NameOf(typed string) string { return strings.ToLower(norm.NFC.String(strings.TrimSpace(typed))) }

// grant resolves the groups. A group that is in the file and not in the configuration can't be there:
// the check has refused it.
func (p Person) grant(groups map[string][]string) Grant {
	grant := Grant{Name: p.Name, Roles: slices.Clone(p.Roles), Apps: slices.Clone(p.Apps), notBefore: p.SessionsAfter}
	if p.Merchants == nil {
		return grant
	}
	grant.Merchants = []string{} // somebody with groups never gets all merchants, even where they are empty
	for _, group := range p.Merchants {
		grant.Merchants = append(grant.Merchants, groups[group]...)
	}
	return grant
}
