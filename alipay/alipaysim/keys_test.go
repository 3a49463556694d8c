package alipaysim_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay/alipaysim"
)

var keyFiles = []string{"app_private.pem", "app_public.pem", "alipay_private.pem", "alipay_public.pem"}

func readKeys(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, appID))
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(dir, appID, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		keys[entry.Name()] = string(content)
	}
	return keys
}

func TestGeneratedKeysAreMarkedKeptAndCompleted(t *testing.T) {
	dir := t.TempDir()
	if err := alipaysim.GenerateKeys(dir, appID); err != nil {
		t.Fatal(err)
	}
	first := readKeys(t, dir)
	if len(first) != len(keyFiles) {
		t.Errorf("files: %v", maps.Keys(first))
	}
	for _, name := range keyFiles {
		if !bytes.HasPrefix([]byte(first[name]), []byte("Miniflow simulator key: for tests only\n-----BEGIN ")) {
			t.Errorf("%s begins with %.60q", name, first[name])
		}
	}
	// A crash may leave the public half out; the next start completes the pair.
	if err := os.Remove(filepath.Join(dir, appID, "alipay_public.pem")); err != nil {
		t.Fatal(err)
	}
	if err := alipaysim.GenerateKeys(dir, appID); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, readKeys(t, dir)); diff != "" {
		t.Errorf("the second start changed keys:\n%s", diff)
	}
	app, err := alipaysim.LoadApp(dir, appID)
	if err != nil || app.ID != appID || app.AppPublicKey.N.BitLen() != 2048 || app.AlipayPrivateKey.N.BitLen() != 2048 {
		t.Errorf("LoadApp: %v", err)
	}
	info, err := os.Stat(filepath.Join(dir, appID, "app_private.pem"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a private key is readable by others: %v, %v", info.Mode(), err)
	}
}

func TestKeysThatCanNotBeMadeOrRead(t *testing.T) {
	dir := t.TempDir()
	for _, id := range []string{"", "../x", "a/b", "."} {
		if err := alipaysim.GenerateKeys(dir, id); err == nil {
			t.Errorf("app_id %q named a directory", id)
		}
	}
	if err := alipaysim.GenerateKeys(dir, appID); err != nil {
		t.Fatal(err)
	}
	private := filepath.Join(dir, appID, "app_private.pem")
	if err := os.Remove(private); err != nil {
		t.Fatal(err)
	}
	if err := alipaysim.GenerateKeys(dir, appID); err == nil {
		t.Error("a new private key was made beside an old public one")
	}
	if _, err := alipaysim.LoadApp(dir, otherID); err == nil {
		t.Error("an app without keys was loaded")
	}
	if err := os.WriteFile(filepath.Join(dir, appID, "app_public.pem"), []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := alipaysim.LoadApp(dir, appID); err == nil {
		t.Error("a file without a key was loaded")
	}
}
