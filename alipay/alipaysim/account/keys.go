package account

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"miniflow/alipay/alipaysim/wire"
)

// keyMark stands behind the PEM armour of every generated key and certificate.
// PEM readers have stopped there: a file is plain PEM from its first byte, for
// those that skip nothing. A careful program refuses the mark in production.
const keyMark = "Miniflow simulator key: for tests only\n"

// appIDPattern keeps an app_id from leaving the key directory.
var appIDPattern = regexp.MustCompile(`^[0-9A-Za-z_-]+$`)

// GenerateKeys makes <dir>/<appID>/app_private.pem, app_public.pem,
// alipay_private.pem and alipay_public.pem: 2048 bit, PKCS#8 and SPKI. Files
// that exist are kept, so it can be called at every start; each file is whole
// before it has its name. A public key whose private half is gone is an error.
func GenerateKeys(dir, appID string) error { return generateKeys(dir, appID, newRSA) }

// GenerateSM2Keys makes the same files for an app whose 接口加签方式 is SM2.
func GenerateSM2Keys(dir, appID string) error { return generateKeys(dir, appID, newSM2) }

type newKey func() (wire.PrivateKey, error)

func newRSA() (wire.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, MinKeyBits) }

func newSM2() (wire.PrivateKey, error) { return sm2.GenerateKey(rand.Reader) }

func generateKeys(dir, appID string, fresh newKey) error {
	home, err := keyHome(dir, appID)
	if err != nil {
		return err
	}
	for _, pair := range []string{"app", "alipay"} {
		if err := generatePair(home, pair, fresh); err != nil {
			return fmt.Errorf("generate the %s key of %s: %w", pair, appID, err)
		}
	}
	return nil
}

func keyHome(dir, appID string) (string, error) {
	if !appIDPattern.MatchString(appID) {
		return "", fmt.Errorf("alipaysim: app_id %q can't name a directory; use digits, letters, _ and -", appID)
	}
	home := filepath.Join(dir, appID)
	if err := os.MkdirAll(home, 0o700); err != nil {
		return "", fmt.Errorf("make the key directory: %w", err)
	}
	return home, nil
}

// LoadApp reads the two keys of four that Alipay's side may know: the app's private key
// signs for the app and is none of them. The caller fills in the rest, such as
// GatewayURL, or Certificates to have the app in certificate mode.
func LoadApp(dir, appID string) (App, error) {
	home := filepath.Join(dir, appID)
	private, err := readPrivate(filepath.Join(home, "alipay_private.pem"))
	if err != nil {
		return App{}, err
	}
	public, err := readPublic(filepath.Join(home, "app_public.pem"))
	if err != nil {
		return App{}, err
	}
	return App{ID: appID, AppPublicKey: public, AlipayPrivateKey: private}, nil
}

// generatePair makes what is missing of one pair. The private half comes first:
// a crash in between leaves a pair that the next call completes.
func generatePair(home, pair string, fresh newKey) error {
	privateFile := filepath.Join(home, pair+"_private.pem")
	publicFile := filepath.Join(home, pair+"_public.pem")
	private, err := readPrivate(privateFile)
	if errors.Is(err, fs.ErrNotExist) {
		if _, statErr := os.Stat(publicFile); statErr == nil {
			return fmt.Errorf("%s exists but its private half does not; remove it or bring the private half back", publicFile)
		}
		private, err = writeNewPrivate(privateFile, fresh)
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(publicFile); err == nil {
		return nil
	}
	public, _ := private.Public().(wire.PublicKey)
	der, err := wire.MarshalPublicKey(public)
	if err != nil {
		return fmt.Errorf("encode the public key: %w", err)
	}
	return writeWhole(publicFile, "PUBLIC KEY", der, 0o644)
}

func writeNewPrivate(file string, fresh newKey) (wire.PrivateKey, error) {
	key, err := fresh()
	if err != nil {
		return nil, fmt.Errorf("generate: %w", err)
	}
	der, err := smx509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode the private key: %w", err)
	}
	return key, writeWhole(file, "PRIVATE KEY", der, 0o600)
}

func writeWhole(file, kind string, der []byte, mode fs.FileMode) error {
	return writeText(file, string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})), mode)
}

func writeText(file, armoured string, mode fs.FileMode) error {
	return writeFile(file, armoured+keyMark, mode)
}

// writeFile gives the file its name only after its bytes are on disk: a crash leaves no
// half of a key under a name that would be kept.
func writeFile(file, text string, mode fs.FileMode) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return fmt.Errorf("make a temporary file: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temp.Name()))
		}
	}()
	_, writeErr := temp.WriteString(text)
	if err := errors.Join(writeErr, temp.Chmod(mode), temp.Sync(), temp.Close()); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(file), err)
	}
	if err := os.Rename(temp.Name(), file); err != nil {
		return fmt.Errorf("name %s: %w", filepath.Base(file), err)
	}
	return syncDir(filepath.Dir(file))
}

// syncDir makes a rename survive a power cut, which fsync of the file alone does not.
func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the caller's own key directory
	if err != nil {
		return fmt.Errorf("open the key directory: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

func readPrivate(file string) (wire.PrivateKey, error) {
	der, err := readPEM(file)
	if err != nil {
		return nil, err
	}
	key, err := smx509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("read %s as PKCS#8: %w", file, err)
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return key, nil
	case *sm2.PrivateKey:
		return key, nil
	}
	return nil, fmt.Errorf("%s holds a %T; an RSA or SM2 key is needed", file, key)
}

func readPublic(file string) (wire.PublicKey, error) {
	der, err := readPEM(file)
	if err != nil {
		return nil, err
	}
	key, err := smx509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, fmt.Errorf("read %s as a public key: %w", file, err)
	}
	switch key := key.(type) {
	case *rsa.PublicKey:
		return key, nil
	case *ecdsa.PublicKey:
		if sm2.IsSM2PublicKey(key) {
			return key, nil
		}
	}
	return nil, fmt.Errorf("%s holds a %T; an RSA or SM2 key is needed", file, key)
}

func readPEM(file string) ([]byte, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the caller's own key directory
	if err != nil {
		return nil, fmt.Errorf("read a key: %w", err)
	}
	block, _ := pem.Decode(bytes.TrimSpace(text))
	if block == nil {
		return nil, fmt.Errorf("%s has no PEM block; remove the file and generate the keys again", file)
	}
	return block.Bytes, nil
}
