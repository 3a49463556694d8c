package kept

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/ingress/console/people"
)

// AccountName is who may do everything in the console of a data directory.
const AccountName = "operator"

// Account returns the password of the first account of the console, and makes it, and the people file
// beside it, at the first start. Later nothing is made: whoever has changed the file, or the password
// with `miniflow people`, has the last word, and the password here is the first one.
func Account(peopleFile, passwordFile string, now time.Time) (string, error) {
	_, err := os.Stat(peopleFile)
	if err == nil {
		text, err := os.ReadFile(passwordFile) //nolint:gosec // a file of the program's own data directory
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("read %s: %w", filepath.Base(passwordFile), err)
		}
		return strings.TrimSpace(string(text)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("look for %s: %w", filepath.Base(peopleFile), err)
	}
	password := people.GeneratePassword()
	// The password first: an account that nobody can use would stay for good.
	if err := command.WriteWhole(passwordFile, []byte(password+"\n")); err != nil {
		return "", err
	}
	return password, people.First(peopleFile, AccountName, password, now)
}
