package kept_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"miniflow/cmd/standalone/internal/kept"
	"miniflow/ingress/console/people"
)

func TestTheFirstAccountIsMadeOnce(t *testing.T) {
	dir := t.TempDir()
	file, secret := filepath.Join(dir, "people.yaml"), filepath.Join(dir, "console-password.txt")
	// A start that ended between the two: the next makes another password.
	if err := os.WriteFile(secret, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	made, err := kept.Account(file, secret, time.Now())
	if err != nil || len(made) < people.LeastPassword {
		t.Fatal(made, err)
	}
	again, err := kept.Account(file, secret, time.Now())
	if err != nil || again != made {
		t.Errorf("%q then %q, %v", made, again, err)
	}
	directory, err := people.NewDirectory(people.DirectoryOptions{Path: file, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if grant, err := directory.CheckPassword(t.Context(), kept.AccountName, made, "127.0.0.1"); err != nil || !grant.Allows("approve") {
		t.Errorf("%+v %v", grant, err)
	}
	for _, path := range []string{file, secret} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
	}
	if err := os.Remove(secret); err != nil {
		t.Fatal(err)
	}
	if gone, err := kept.Account(file, secret, time.Now()); gone != "" || err != nil {
		t.Errorf("a password that was taken away: %q %v", gone, err)
	}
}
