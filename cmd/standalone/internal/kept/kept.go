// Package kept makes what a data directory keeps for good.
package kept

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"miniflow/cmd/internal/command"
)

// Secret reads a random key of 32 bytes as base64, and makes it at the first start. A sealing key
// that was made again would leave everything that is sealed in Temporal unreadable.
func Secret(path string) (string, error) {
	text, err := os.ReadFile(path) //nolint:gosec // a file of the program's own data directory
	if err == nil {
		return strings.TrimSpace(string(text)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read %s: %w", filepath.Base(path), err)
	}
	// 32 bytes: AES-256 for what is sealed, and more than anybody guesses for the others.
	random := make([]byte, 32)
	if _, err := rand.Read(random); err != nil {
		return "", fmt.Errorf("make %s: %w", filepath.Base(path), err)
	}
	secret := base64.StdEncoding.EncodeToString(random)
	return secret, command.WriteWhole(path, []byte(secret+"\n"))
}
