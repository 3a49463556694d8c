package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"miniflow/alipay/keys"
)

type keysCommand struct {
	Generate keysGenerate `cmd:"" help:"Make an application key pair."`
	Inspect  keysInspect  `cmd:"" help:"Say what key and certificate files are."`
	Check    keysCheck    `cmd:"" help:"Check that two files are one pair, or that an Alipay key isn't the application's own."`
}

// keysGenerate makes an application key pair. The private half is in PKCS #8,
// which every SDK of Alipay's reads.
type keysGenerate struct {
	Dir  string `arg:"" optional:"" help:"Where the files go; made when missing." default:"." type:"path"`
	Name string `help:"How the files begin: NAME_private.pem and NAME_public.pem." default:"app"`
	Bits int    `help:"Length of the key: 2048, 3072 or 4096." default:"2048" enum:"2048,3072,4096"`
}

// generatedView is what keys generate says.
type generatedView struct {
	PrivateKey  string `json:"private_key"` // file
	PublicKey   string `json:"public_key"`  // file
	Bits        int    `json:"bits"`
	Fingerprint string `json:"fingerprint"`
	Console     string `json:"console"` // what the console takes
}

// Run makes the pair. No file that exists is overwritten.
func (c *keysGenerate) Run(out *surroundings) error {
	if filepath.Base(c.Name) != c.Name || c.Name == "." {
		return usagef("--name %q can't begin a file's name; use letters and digits, and the argument for the directory", c.Name)
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return fmt.Errorf("make the directory: %w; name another", err)
	}
	key, err := rsa.GenerateKey(rand.Reader, c.Bits)
	if err != nil {
		return fmt.Errorf("make the key: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("encode the private key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return fmt.Errorf("encode the public key: %w", err)
	}
	made := generatedView{
		PrivateKey: filepath.Join(c.Dir, c.Name+"_private.pem"), PublicKey: filepath.Join(c.Dir, c.Name+"_public.pem"),
		Bits: c.Bits, Fingerprint: fingerprint(&key.PublicKey), Console: base64.StdEncoding.EncodeToString(public),
	}
	if err := writeNew(made.PrivateKey, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})); err != nil {
		return err
	}
	if err := writeNew(made.PublicKey, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})); err != nil {
		return errors.Join(err, os.Remove(made.PrivateKey))
	}
	return out.show(made, func(p *page) {
		p.line("%s  %s  keep it secret; `private_key_file` of the app", p.good("private"), made.PrivateKey)
		p.line("%s   %s", p.good("public"), made.PublicKey)
		p.line("paste this into the console as the application public key (应用公钥), and take the Alipay public key that it shows then:")
		p.line("%s", made.Console)
	})
}

// fingerprint is the hex SHA-256 of the key's SPKI form.
func fingerprint(key *rsa.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// readKey reads any key or certificate file.
func readKey(name string) (keys.Info, error) {
	text, err := readFile(name)
	if err != nil {
		return keys.Info{}, err
	}
	info, err := keys.Inspect(string(text))
	if err != nil {
		return info, usagef("%s: %w", name, err)
	}
	return info, nil
}
