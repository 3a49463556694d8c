package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/alipay/keys"
	"miniflow/internal/config"
)

// formerFor is how long the messages of a former signing method are accepted: Alipay repeats one for
// about a day.
const formerFor = 25 * time.Hour

// makeKeys makes what is missing of the app's keys and certificates. Where the command line wants
// another signing method than that of the keys that are there, the app changes it, as in the
// console: the former keys go into a directory named after theirs.
func makeKeys(dir string, wanted keys.SignType) error {
	kept, err := signTypeOf(dir)
	if err != nil {
		return err
	}
	if kept != "" && wanted != "" && kept != wanted {
		if err := putAside(dir, kept); err != nil {
			return fmt.Errorf("put the keys of %s aside: %w", kept, err)
		}
	}
	if wanted == keys.SM2 {
		if err := alipaysim.GenerateSM2Keys(dir, appID); err != nil {
			return err
		}
	}
	// Both modes' files are made, so that --mode can change between two starts.
	return alipaysim.GenerateCertificates(dir, appID) // and the keys in them
}

// signTypeOf is that of the app's private key, empty before the first start.
func signTypeOf(dir string) (keys.SignType, error) {
	text, err := os.ReadFile(filepath.Join(dir, appID, "app_private.pem")) //nolint:gosec // the standalone's own directory
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	key, err := keys.ParsePrivateKey(string(text))
	if err != nil {
		return "", err
	}
	return keys.SignTypeOf(keys.PublicOf(key)), nil
}

// putAside moves the app's files. The private key goes last: it says which method is the present one,
// so a process that dies in between does the rest at its next start.
func putAside(dir string, kept keys.SignType) error {
	former := filepath.Join(dir, appID, string(kept))
	if err := os.MkdirAll(former, 0o700); err != nil {
		return err
	}
	for _, pattern := range []string{"*.crt", "a[lp]*_public.pem", "[!a]*.pem", "alipay_private*.pem", "app_private.pem"} {
		files, err := filepath.Glob(filepath.Join(dir, appID, pattern))
		if err != nil {
			return err
		}
		for _, file := range files {
			if err := os.Rename(file, filepath.Join(former, filepath.Base(file))); err != nil {
				return err
			}
		}
	}
	return nil
}

// formerOf is the part of the configuration about the method before this one, empty where there was
// none, or when its time is over. The directory's time is that of the change.
func formerOf(dir string) (former config.Former, err error) {
	present, err := signTypeOf(dir)
	if err != nil {
		return former, err
	}
	for _, signType := range []keys.SignType{keys.RSA2, keys.SM2} {
		home := filepath.Join(dir, appID, string(signType))
		changed, err := os.Stat(home)
		if err != nil || signType == present || time.Since(changed.ModTime()) > formerFor {
			continue
		}
		public, err := os.ReadFile(filepath.Join(home, "alipay_public.pem")) //nolint:gosec // the standalone's own directory
		if err != nil {
			return former, err
		}
		former.AlipayPublicKeys = []config.PublicKey{{Key: string(public)}}
		former.Until = changed.ModTime().Add(formerFor).Format(time.RFC3339)
	}
	return former, nil
}
