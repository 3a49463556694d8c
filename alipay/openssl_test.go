package alipay_test

import (
	"bytes"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// openssl is the second implementation that keys, signatures and encryption
// are checked against: everything an openSSL makes comes from the openssl
// command, in a directory of its own.
type openSSL struct {
	t   *testing.T
	dir string
}

func newOpenSSL(t *testing.T) openSSL {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Fatal("these tests need the openssl command: install the package openssl")
	}
	return openSSL{t: t, dir: t.TempDir()}
}

// run gives what a command writes; input goes to its standard input.
func (o openSSL) run(input string, arguments ...string) string {
	o.t.Helper()
	command := exec.CommandContext(o.t.Context(), "openssl", arguments...) //nolint:gosec // arguments of this test
	command.Dir, command.Stdin = o.dir, bytes.NewBufferString(input)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		o.t.Fatalf("openssl %v: %v\n%s", arguments, err, stderr.Bytes())
	}
	return string(out)
}

// write keeps a text in a file.
func (o openSSL) write(name, text string) {
	o.t.Helper()
	if err := os.WriteFile(filepath.Join(o.dir, name), []byte(text), 0o600); err != nil {
		o.t.Fatal(err)
	}
}

// read gives a file that a command wrote.
func (o openSSL) read(name string) string {
	o.t.Helper()
	text, err := os.ReadFile(filepath.Join(o.dir, name))
	if err != nil {
		o.t.Fatal(err)
	}
	return string(text)
}

// privateKey makes an RSA key in PKCS #8 form and keeps it in a file.
func (o openSSL) privateKey(file, bits string) string {
	o.t.Helper()
	key := o.run("", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:"+bits)
	o.write(file, key)
	return key
}

// sign gives the base64 of a signature over text.
func (o openSSL) sign(keyFile, digest, text string) string {
	o.t.Helper()
	return base64.StdEncoding.EncodeToString([]byte(o.run(text, "dgst", digest, "-sign", keyFile)))
}
