package drift

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"

	"miniflow/alipay"
	"miniflow/alipay/drift"
	"miniflow/cmd/internal/command"
)

const (
	keyFile  = "test-public-key.pem"
	noteFile = "README.txt"
	note     = "Test data made by miniflow drift: every value is replaced, and the signatures are of a key that was made for these\n" +
		"files and thrown away. Messages (.form) verify with: miniflow verify --public-key " + keyFile + " FILE\n" +
		"In an answer (.json) the signature is over the response object as it stands.\n"
)

// write signs the cases with a key that is forgotten afterwards, and returns the names of the files. The
// folder has to be new, so that no case is signed by another key than the one beside it.
func write(folder string, differences []drift.Difference) ([]string, error) {
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, command.Usagef("--write-case needs a folder that is not there yet: %w", err)
	}
	key, err := rsa.GenerateKey(rand.Reader, alipay.MinKeyBits)
	if err != nil {
		return nil, fmt.Errorf("make a test key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("write the test key: %w", err)
	}
	files := map[string][]byte{
		keyFile:  pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Headers: nil, Bytes: public}),
		noteFile: []byte(note),
	}
	var names []string
	for i, d := range differences {
		if d.Case == nil {
			continue // it was too large to be kept
		}
		signed, err := d.Case.Sign(key)
		if err != nil {
			return nil, fmt.Errorf("case of %s: %w", d.Where, err)
		}
		name := fmt.Sprintf("case-%03d-%s.%s", i+1, d.Kind, suffix(d.Case))
		files[name] = signed
		names = append(names, filepath.Join(folder, name))
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			return nil, fmt.Errorf("write a case: %w", err)
		}
	}
	return names, nil
}

func suffix(c *drift.Case) string {
	if c.Params != nil {
		return "form"
	}
	return "json"
}
