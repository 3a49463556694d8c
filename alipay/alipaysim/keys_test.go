package alipaysim_test

import (
	"crypto"
	"crypto/rsa"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
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

// plainThenMarked checks that a file is plain PEM from its first byte, for a
// reader that skips nothing, and says behind its last line what it is.
func plainThenMarked(t *testing.T, name, text string) {
	t.Helper()
	const end = "-----END "
	last := strings.LastIndex(text, end)
	_, behind, _ := strings.Cut(text[max(last, 0):], "\n")
	if !strings.HasPrefix(text, "-----BEGIN ") || behind != "Miniflow simulator key: for tests only\n" {
		t.Errorf("%s begins with %.30q and ends with %q", name, text, behind)
	}
	for line := range strings.Lines(text[:max(last, 0)]) {
		if strings.Contains(line, " ") && !strings.HasPrefix(line, "-----") {
			t.Errorf("%s has %q between its armour", name, line)
		}
	}
}

func TestEveryFileIsPlainPEMFromItsFirstByte(t *testing.T) {
	dir := t.TempDir()
	if err := alipaysim.GenerateCertificates(dir, appID); err != nil {
		t.Fatal(err)
	}
	files := readKeys(t, dir)
	if len(files) != len(keyFiles)+4 {
		t.Errorf("files: %v", slices.Sorted(maps.Keys(files)))
	}
	for name, text := range files {
		plainThenMarked(t, name, text)
	}
	// openssl reads each kind.
	openssl(t, files["app_private.pem"], "pkey", "-noout")
	openssl(t, files["app_public.pem"], "pkey", "-pubin", "-noout")
	openssl(t, files["alipay_cert.crt"], "x509", "-noout")
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
		plainThenMarked(t, name, first[name])
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
	if err != nil || app.ID != appID || bitsOf(app.AppPublicKey) != 2048 || bitsOf(app.AlipayPrivateKey.Public()) != 2048 {
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

func bitsOf(key crypto.PublicKey) int {
	public, isRSA := key.(*rsa.PublicKey)
	if !isRSA {
		return 0
	}
	return public.N.BitLen()
}
