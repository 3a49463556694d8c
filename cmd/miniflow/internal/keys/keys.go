// Package keys is `miniflow keys`. Most failures with Alipay are about a key in the wrong
// place; these commands need no network to find that.
package keys

import (
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"miniflow/alipay/keys"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/verifying"
)

// Command is `miniflow keys`. All but reseal touch no configuration, because keys are made and compared
// before there is one.
type Command struct {
	Generate generate `cmd:"" help:"Make an application key pair."`
	Inspect  inspect  `cmd:"" help:"Say what key and certificate files are."`
	Reseal   reseal   `cmd:"" help:"Move what running orders carry, files and the archive to the first of sealing.keys, and say when the others are unused."`
	Check    check    `cmd:"" help:"Check that two files are one pair, or that an Alipay key isn't the application's own."`
}

// generate makes an application key pair. The private half is in PKCS #8,
// which every SDK of Alipay's reads.
type generate struct {
	Dir  string `arg:"" optional:"" help:"Where the files go; made when missing." default:"." type:"path"`
	Name string `help:"How the files begin: NAME_private.pem and NAME_public.pem." default:"app"`
	Bits int    `help:"Length of an RSA key: 2048, 3072 or 4096." default:"2048" enum:"2048,3072,4096"`

	SignType keys.SignType `help:"The app's signing method (接口加签方式) in the console: RSA2, or SM2 (国密)." default:"RSA2" enum:"RSA2,SM2"`
}

type generated struct {
	PrivateKey  string `json:"private_key"` // file
	PublicKey   string `json:"public_key"`  // file
	SignType    string `json:"sign_type"`
	Bits        int    `json:"bits"`
	Fingerprint string `json:"fingerprint"`
	Console     string `json:"console"` // what the console takes
}

// Run makes the pair. No file that exists is overwritten: the console may have the public half
// of the key that would be lost.
func (c *generate) Run(env *command.Env) error {
	// A slash in the name would put the files elsewhere than the argument says.
	if filepath.Base(c.Name) != c.Name || c.Name == "." {
		return command.Usagef("--name %q can't begin a file's name; use letters and digits, and the argument for the directory", c.Name)
	}
	// Only a directory that is made here is closed to others; one that exists stays as it is.
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return fmt.Errorf("make the directory: %w; name another", err)
	}
	// 2048 bits unless told otherwise, the least that RSA2 takes: a longer key makes every
	// signature slower.
	key, err := keys.Generate(c.SignType, c.Bits)
	if err != nil {
		return fmt.Errorf("make the key: %w", err)
	}
	// PKCS #8 is what Alipay's Java SDK wants; the others read it as well.
	private, err := keys.MarshalPrivateKey(key)
	if err != nil {
		return fmt.Errorf("encode the private key: %w", err)
	}
	public, err := keys.MarshalPublicKey(keys.PublicOf(key))
	if err != nil {
		return fmt.Errorf("encode the public key: %w", err)
	}
	made := generated{
		PrivateKey: filepath.Join(c.Dir, c.Name+"_private.pem"), PublicKey: filepath.Join(c.Dir, c.Name+"_public.pem"),
		SignType: string(c.SignType), Bits: keys.Bits(keys.PublicOf(key)), Fingerprint: verifying.Fingerprint(keys.PublicOf(key)), Console: base64.StdEncoding.EncodeToString(public),
	}
	// The private half first: a public one alone could be uploaded, and nobody could sign for it.
	if err := command.WriteNew(made.PrivateKey, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})); err != nil {
		return err
	}
	if err := command.WriteNew(made.PublicKey, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})); err != nil {
		return errors.Join(err, os.Remove(made.PrivateKey)) // half a pair is of no use, and in the way of the next try
	}
	return env.Show(made, func(p *command.Page) {
		p.Line("%s  %s  keep it secret; `private_key_file` of the app", p.Good(p.Sayf("private")), made.PrivateKey)
		p.Line("%s   %s", p.Good(p.Sayf("public")), made.PublicKey)
		p.Line("paste this into the console as the application public key (应用公钥), and take the Alipay public key that it shows then:")
		p.Line("%s", made.Console)
	})
}

// readKey takes PEM, bare base64 and DER: the console, OpenSSL and Alipay's own tool each
// write another.
func readKey(name string) (keys.Info, error) {
	text, err := command.ReadFile(name)
	if err != nil {
		return keys.Info{}, err
	}
	info, err := keys.Inspect(string(text))
	if err != nil {
		return info, command.Usagef("%s: %w", name, err)
	}
	return info, nil
}
