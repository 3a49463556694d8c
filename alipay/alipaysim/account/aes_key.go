package account

import (
	"crypto/aes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// contentKeyFile holds the content key as the console shows it, base64 and nothing
// else, so that it can be copied from there.
const contentKeyFile = "aes_key.txt"

// GenerateAESKey makes <dir>/<appID>/aes_key.txt, base64 of the 16 bytes that
// belong into App.AESKey, and returns them. A file that exists is kept, because the
// other side reads it too.
func GenerateAESKey(dir, appID string) ([]byte, error) {
	home, err := keyHome(dir, appID)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(home, contentKeyFile)
	text, err := os.ReadFile(file) //nolint:gosec // the caller's own key directory
	if errors.Is(err, fs.ErrNotExist) {
		key := make([]byte, aes.BlockSize)
		if _, err := rand.Read(key); err != nil {
			return nil, fmt.Errorf("generate: %w", err)
		}
		return key, writeFile(file, base64.StdEncoding.EncodeToString(key)+"\n", 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("read the content key of %s: %w", appID, err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != aes.BlockSize {
		return nil, fmt.Errorf("%s is not base64 of %d bytes; remove the file and generate the key again", file, aes.BlockSize)
	}
	return key, nil
}
