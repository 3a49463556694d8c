package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/internal/command"
	"miniflow/internal/config"
)

// bundle is a directory with the example's key files in it. They have no mark of
// the simulator's, so the example's production environment takes them.
type bundle struct {
	t   *testing.T
	dir string
}

func newBundle(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{t: t, dir: t.TempDir()}
	own, alipays := pairs()
	b.write("keys/app_private.pem", privateKey(t, own))
	b.write("keys/app_public.pem", publicKey(t, own))
	b.write("keys/alipay_public.pem", publicKey(t, alipays))
	b.write("keys/api_key.txt", "canary-api-key-of-this-very-test\n")
	b.write("keys/sealing_key.txt", base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 32))+"\n")
	return b
}

func (b *bundle) path(name string) string { return filepath.Join(b.dir, filepath.FromSlash(name)) }

func (b *bundle) write(name, text string) string {
	b.t.Helper()
	path := b.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// served writes the example and returns where.
func (b *bundle) served() string {
	b.t.Helper()
	return b.write("miniflow.yaml", string(config.Example()))
}

// changed writes the example with one text replaced, and returns where that is as
// people are told: miniflow.yaml and the line.
func (b *bundle) changed(old, replacement string) (path, line string) {
	b.t.Helper()
	before, after, found := strings.Cut(string(config.Example()), old)
	if !found {
		b.t.Fatalf("the example has no %q", old)
	}
	path = b.write("miniflow.yaml", before+replacement+after)
	return path, fmt.Sprintf("miniflow.yaml:%d", strings.Count(before, "\n")+1)
}

// TestCheckNamesTheLine checks that for everything wrong with a configuration, a person is led
// to the line, or to the file that the line names.
func TestCheckNamesTheLine(t *testing.T) {
	tests := []struct{ name, old, replacement, says string }{
		{"a misspelt key", "listen:", "lissten:", `did you mean "listen"?`},
		{"a misspelt key, deeper", "private_key_file:", "privat_key_file:", `did you mean "private_key_file"?`},
		{"a key file that is not there", "keys/app_private.pem", "keys/other.pem", "other.pem"},
		{"a value of no meaning", "environment: production", "environment: prod", "has to be one of [production sandbox]"},
		{"no namespace forgets that soon", "retention_days: 90", "retention_days: 7", "at least 35"},
		{"the application's own public key", "keys/alipay_public.pem", "keys/app_public.pem", "the application's own public key"},
		{"a private key that is none", "keys/app_private.pem", "keys/canary.txt", "apps[0].private_key"},
		{"a public key that is none", "keys/alipay_public.pem", "keys/canary.txt", "apps[0].alipay_public_keys[0].key"},
		{"a sealing key that is none", "keys/sealing_key.txt", "keys/canary.txt", "sealing.keys[0].key"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBundle(t)
			b.write("keys/canary.txt", "canary-that-nobody-may-see")
			path, line := b.changed(test.old, test.replacement)
			got := runLine(t, "config", "check", "-c", path)
			got.Expect(t, command.ExitFailed, line, test.says)
			if strings.Contains(got.Stderr, "canary-that") {
				t.Errorf("it shows what is in the file:\n%s", got.Stderr)
			}
		})
	}
}

// TestSimulatorsKeysStayWithTheSimulator checks that everyone has them, so nothing real may rely on them.
func TestSimulatorsKeysStayWithTheSimulator(t *testing.T) {
	for endpoint, code := range map[string]int{"environment: production": command.ExitFailed, "endpoint: http://127.0.0.1:8090/gateway.do": command.ExitOK} {
		b := newBundle(t)
		if err := alipaysim.GenerateKeys(b.path("sim"), "a"); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"app_private.pem", "alipay_public.pem"} {
			if err := os.Rename(b.path("sim/a/"+name), b.path("keys/"+name)); err != nil {
				t.Fatal(err)
			}
		}
		path, _ := b.changed("environment: production", endpoint)
		got := runLine(t, "config", "check", "-c", path)
		got.Expect(t, code)
		if refused := strings.Contains(got.Stderr, "simulator"); refused != (code == command.ExitFailed) {
			t.Errorf("%s: %s", endpoint, got.Stderr)
		}
	}
}

// TestVariables checks that they win over the file, and one that means nothing is not passed over in silence.
func TestVariables(t *testing.T) {
	p := newProgram(t)
	t.Setenv("MINIFLOW_CONFIG", newBundle(t).served())
	t.Setenv("MINIFLOW_ROLES", "door")
	t.Setenv("MINIFLOW_LISTN", "127.0.0.1:1")
	got := p.Run("config", "check")
	got.Expect(t, command.ExitOK, "it can be served", "variable MINIFLOW_LISTN: no such setting; did you mean MINIFLOW_LISTEN?")
	if strings.Contains(got.Stderr, "MINIFLOW_CONFIG") || strings.Contains(got.Stderr, "MINIFLOW_ROLES") {
		t.Errorf("variables of flags are called unknown:\n%s", got.Stderr)
	}

	p.Env["MINIFLOW_LISTEN"] = "nowhere"
	p.Run("config", "check").Expect(t, command.ExitFailed, "MINIFLOW_LISTEN", "has to be a host and a port")
}

// pairs are two key pairs, the application's and Alipay's, made once: they cost a while.
var pairs = sync.OnceValues(func() (*rsa.PrivateKey, *rsa.PrivateKey) { return newPair(), newPair() })

func newPair() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // the system has no randomness
	}
	return key
}

func privateKey(t *testing.T, key *rsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func publicKey(t *testing.T, key *rsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}
