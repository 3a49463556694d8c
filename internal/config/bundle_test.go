package config

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every secret of the tests contains this word, so that a leak can be looked for.
const canary = "canary"

const (
	apiKey    = "canary-api-key-0123456789abcdef-0123"
	publicKey = "MIIBcanary-alipay-public"
)

func apiKeyHash() string {
	digest := sha256.Sum256([]byte(apiKey))
	return "sha256:" + hex.EncodeToString(digest[:])
}

// sealingKey returns 32 bytes that end in the canary, as text.
func sealingKey() string {
	return base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789canary"))
}

// bundle is a directory with a configuration in it and an environment.
type bundle struct {
	t    *testing.T
	dir  string
	vars map[string]string
}

func newBundle(t *testing.T) *bundle {
	t.Helper()
	return &bundle{t: t, dir: t.TempDir(), vars: map[string]string{}}
}

func (b *bundle) file(name, content string) string {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

func (b *bundle) load(text string) (*Config, error) {
	b.t.Helper()
	config, err := Load(b.file("miniflow.yaml", text), func(name string) string { return b.vars[name] })
	if err != nil && strings.Contains(err.Error(), canary) {
		b.t.Errorf("a secret is in the error: %v", err)
	}
	return config, err
}

func (b *bundle) mustLoad(text string) *Config {
	b.t.Helper()
	config, err := b.load(text)
	if err != nil {
		b.t.Fatal(err)
	}
	return config
}

// refused returns the problems of a configuration that must not load, one a line with the
// directory removed.
func (b *bundle) refused(text string) []string {
	b.t.Helper()
	config, err := b.load(text)
	var problems Problems
	if !errors.As(err, &problems) || config != nil {
		b.t.Fatalf("loaded %v, error %v", config, err)
	}
	lines := make([]string, len(problems))
	for i, problem := range problems {
		lines[i] = strings.ReplaceAll(problem.String(), b.dir+"/", "")
	}
	return lines
}

// whole returns a configuration that loads; replacements (old, new, …) change it.
func whole(replacements ...string) string {
	text := `listen: 127.0.0.1:8080
apps:
  - app_id: 2021000000000001
    environment: production
    private_key: MIIcanary-private
    alipay_public_keys:
      - key: ` + publicKey + `
api_keys:
  - name: backend
    key: ` + apiKeyHash() + `
    apps: ["*"]
    scopes: [read, write]
sealing:
  keys:
    - id: 2026-11
      key: ` + sealingKey() + `
`
	for i := 0; i < len(replacements); i += 2 {
		if !strings.Contains(text, replacements[i]) {
			panic("the whole configuration has no " + replacements[i])
		}
		text = strings.Replace(text, replacements[i], replacements[i+1], 1)
	}
	return text
}

func pemText(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
