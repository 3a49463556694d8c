// Package alipaytest holds what the tests of several packages of alipay share: the openssl
// command as a second implementation, and published vectors. Both come from outside this
// repository, so a mistake of ours can't agree with itself.
package alipaytest

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// OpenSSL is the second implementation that keys, signatures and encryption are checked
// against. Everything that it makes comes from the openssl command, because Go's own library
// can't prove itself.
type OpenSSL struct {
	T   *testing.T
	Dir string
}

// NewOpenSSL fails the test when the command is missing, because a skipped check proves
// nothing.
func NewOpenSSL(t *testing.T) OpenSSL {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Fatal("these tests need the openssl command: install the package openssl")
	}
	return OpenSSL{T: t, Dir: t.TempDir()}
}

// Run returns what the command prints; input is its standard input, so that secrets are not
// in arguments.
func (o OpenSSL) Run(input string, arguments ...string) string {
	o.T.Helper()
	command := exec.CommandContext(o.T.Context(), "openssl", arguments...) //nolint:gosec // arguments of this test
	command.Dir, command.Stdin = o.Dir, bytes.NewBufferString(input)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		o.T.Fatalf("openssl %v: %v\n%s", arguments, err, stderr.Bytes())
	}
	return string(out)
}

// Write stores text in a file, because openssl takes keys only as files.
func (o OpenSSL) Write(name, text string) {
	o.T.Helper()
	if err := os.WriteFile(filepath.Join(o.Dir, name), []byte(text), 0o600); err != nil {
		o.T.Fatal(err)
	}
}

// Read returns the contents of a file that a command wrote, because some commands have no
// standard output.
func (o OpenSSL) Read(name string) string {
	o.T.Helper()
	text, err := os.ReadFile(filepath.Join(o.Dir, name)) //nolint:gosec // a file of this test
	if err != nil {
		o.T.Fatal(err)
	}
	return string(text)
}

// PrivateKey makes an RSA key in PKCS #8 form and stores it, because openssl signs only with
// keys in files.
func (o OpenSSL) PrivateKey(file, bits string) string {
	o.T.Helper()
	key := o.Run("", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:"+bits)
	o.Write(file, key)
	return key
}

// Sign returns the base64 of a signature over text, so that it can be used as the parameter
// sign.
func (o OpenSSL) Sign(keyFile, digest, text string) string {
	o.T.Helper()
	return base64.StdEncoding.EncodeToString([]byte(o.Run(text, "dgst", digest, "-sign", keyFile)))
}

// Bare strips the armour and the line breaks of a PEM text, because Alipay's console shows
// keys in that form.
func Bare(t *testing.T, armoured string) string {
	t.Helper()
	block, _ := pem.Decode([]byte(armoured))
	if block == nil {
		t.Fatal("no PEM")
	}
	lines := strings.Split(strings.TrimSpace(armoured), "\n")
	return strings.Join(lines[1:len(lines)-1], "")
}

// PrivateKeySM2 makes a key on the SM2 curve in PKCS #8 form and stores it.
func (o OpenSSL) PrivateKeySM2(file string) string {
	o.T.Helper()
	key := o.Run("", "genpkey", "-quiet", "-algorithm", "SM2")
	o.Write(file, key)
	return key
}

// sm2 are the arguments by which openssl signs and verifies as Alipay does: SM3withSM2 under the
// standard's user ID.
var sm2 = []string{"-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678"}

// SignSM2 is [OpenSSL.Sign] for SM2.
func (o OpenSSL) SignSM2(keyFile, text string) string {
	o.T.Helper()
	o.Write("text", text)
	raw := o.Run("", append([]string{"pkeyutl", "-sign", "-inkey", keyFile, "-in", "text"}, sm2...)...)
	return base64.StdEncoding.EncodeToString([]byte(raw))
}

// VerifiesSM2 reports whether openssl finds a signature to be of a text. The key is a public one, in
// a file.
func (o OpenSSL) VerifiesSM2(publicFile, text, signature string) bool {
	o.T.Helper()
	raw, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		o.T.Fatal(err)
	}
	o.Write("text", text)
	o.Write("signature", string(raw))
	arguments := append([]string{"pkeyutl", "-verify", "-pubin", "-inkey", publicFile, "-in", "text", "-sigfile", "signature"}, sm2...)
	command := exec.CommandContext(o.T.Context(), "openssl", arguments...) //nolint:gosec // arguments of this test
	command.Dir = o.Dir
	return command.Run() == nil
}
