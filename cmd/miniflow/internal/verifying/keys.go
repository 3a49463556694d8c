// Package verifying is what the commands that verify notifications share: the flags that
// say whose signature counts, and how a message that does not verify is explained.
package verifying

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"

	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/service"
	"miniflow/internal/config"
)

// Keys are the flags that say whose signature counts. verify and listen share them, so that a
// message is judged alike by both.
type Keys struct {
	PublicKey    []string `help:"Alipay's public key (支付宝公钥), PEM or bare base64. Repeat it while keys are rotated." type:"path" placeholder:"FILE" xor:"keys"`
	Cert         []string `help:"Alipay's certificate (alipayCertPublicKey_RSA2.crt). Repeat it while certificates are rotated." type:"path" placeholder:"FILE" xor:"keys"`
	Config       string   `help:"A configuration, whose apps and keys count. Default when no key is given: miniflow.yaml." short:"c" env:"MINIFLOW_CONFIG" placeholder:"FILE"`
	AESKey       string   `name:"aes-key" help:"The content encryption key (接口内容加密) of the console, in base64." env:"MINIFLOW_AES_KEY" placeholder:"KEY"`
	AllowSHA1    bool     `name:"allow-sha1" help:"Take sign_type RSA (SHA-1) too, and count a missing sign_type as either."`
	AppPublicKey string   `help:"The application's own public key (应用公钥), to tell when it was taken for Alipay's." type:"path" placeholder:"FILE"`
}

// Apps returns the apps that a message may be for. With keys given by hand it may be for any
// app, the one that the message names: a person has a message and a key, and no app_id to type.
func (k *Keys) Apps(env *command.Env) ([]notify.App, error) {
	if len(k.PublicKey)+len(k.Cert) == 0 {
		return k.configured(env)
	}
	app := notify.App{AllowSHA1: k.AllowSHA1} // without an ID it is any app
	for _, name := range k.PublicKey {
		key, err := readPublicKey(name)
		if err != nil {
			return nil, err
		}
		app.AlipayKeys = append(app.AlipayKeys, keys.AlipayKey{Public: key})
	}
	for _, name := range k.Cert {
		text, err := command.ReadFile(name)
		if err != nil {
			return nil, err
		}
		// As with public keys, whether it is long enough is the verifier's to say.
		key, err := keys.ParseAlipayCertificate(string(text), keys.AllowShortKey)
		if err != nil {
			return nil, command.Usagef("%s: %w", name, err)
		}
		app.AlipayKeys = append(app.AlipayKeys, key)
	}
	// One app with all keys: while keys are rotated either may have signed.
	apps := []notify.App{app}
	return apps, k.complete(apps)
}

// configured takes the apps from a configuration, with --allow-sha1 added: an old message can
// be judged under a rule that the configuration has left behind.
func (k *Keys) configured(env *command.Env) ([]notify.App, error) {
	cfg, err := config.Load(k.ConfigPath(), env.Getenv)
	if err != nil {
		return nil, command.Usagef("%w; or give --public-key or --cert", err)
	}
	apps, err := service.VerifiedApps(cfg)
	if err != nil {
		return nil, err
	}
	// What the configuration allows stays allowed; the flag only adds.
	for i := range apps {
		apps[i].AllowSHA1 = apps[i].AllowSHA1 || k.AllowSHA1
	}
	return apps, k.complete(apps)
}

// ConfigPath returns the configuration that counts when no key is given; listen reads more of
// it than its keys.
func (k *Keys) ConfigPath() string { return cmp.Or(k.Config, "miniflow.yaml") }

// The other flags are laid over a configuration's apps too: a person tries another key without
// editing the file that serves.
func (k *Keys) complete(apps []notify.App) error {
	var own keys.PublicKey
	// Known, it lets "signed by the application itself" be told from "another key".
	if k.AppPublicKey != "" {
		var err error
		if own, err = readPublicKey(k.AppPublicKey); err != nil {
			return err
		}
	}
	var aesKey []byte
	if k.AESKey != "" {
		var err error
		if aesKey, err = keys.ParseAESKey(k.AESKey); err != nil {
			return command.Usagef("--aes-key: %w", err)
		}
	}
	for i := range apps {
		if own != nil {
			apps[i].ApplicationKey = own
		}
		if aesKey != nil {
			apps[i].AESKey = aesKey
		}
	}
	return nil
}

// readPublicKey reads a public key of any length: whether it is long enough is
// the verifier's to say.
func readPublicKey(name string) (keys.PublicKey, error) {
	text, err := command.ReadFile(name)
	if err != nil {
		return nil, err
	}
	key, err := keys.ParsePublicKey(string(text), keys.AllowShortKey)
	if err != nil {
		return nil, command.Usagef("%s: %w", name, err)
	}
	return key, nil
}

// Fingerprint returns the hex SHA-256 of the key's SPKI form, which `openssl pkey -pubin
// -outform DER | sha256sum` prints too. It is empty for a key that has no such form.
func Fingerprint(key keys.PublicKey) string {
	der, err := keys.MarshalPublicKey(key)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}
