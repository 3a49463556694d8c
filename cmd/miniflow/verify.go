package main

import (
	"cmp"
	"crypto/rsa"
	"errors"

	"miniflow/alipay/diagnose"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
	"miniflow/cmd/internal/service"
	"miniflow/internal/config"
)

// verifyKeys say whose signature counts. They are shared by verify and listen.
type verifyKeys struct {
	PublicKey    []string `help:"Alipay's public key (支付宝公钥), PEM or bare base64. Repeat it while keys are rotated." type:"path" placeholder:"FILE" xor:"keys"`
	Cert         []string `help:"Alipay's certificate (alipayCertPublicKey_RSA2.crt). Repeat it while certificates are rotated." type:"path" placeholder:"FILE" xor:"keys"`
	Config       string   `help:"A configuration, whose apps and keys count. Default when no key is given: miniflow.yaml." short:"c" env:"MINIFLOW_CONFIG" placeholder:"FILE"`
	AESKey       string   `name:"aes-key" help:"The content encryption key (接口内容加密) of the console, in base64." env:"MINIFLOW_AES_KEY" placeholder:"KEY"`
	AllowSHA1    bool     `name:"allow-sha1" help:"Take sign_type RSA (SHA-1) too, and count a missing sign_type as either."`
	AppPublicKey string   `help:"The application's own public key (应用公钥), to tell when it was taken for Alipay's." type:"path" placeholder:"FILE"`
}

// verifyCommand is miniflow verify. Whatever keeps it from verifying is a usage
// error, so that exit code 1 always means: this message is not valid.
type verifyCommand struct {
	verifyKeys
	Reveal bool   `help:"Print tokens and people's data too."`
	File   string `arg:"" optional:"" help:"The form body, the query string, the URL, or the parameters as JSON; - or nothing is standard input." default:"-"`
}

// Run verifies one message.
func (c *verifyCommand) Run(out *surroundings) error {
	apps, err := c.apps(out)
	if err != nil {
		return asUsage(err)
	}
	text, err := out.readInput(c.File)
	if err != nil {
		return asUsage(err)
	}
	answer, err := diagnose.Ask(diagnose.Question{Text: text, Apps: apps, Logged: true})
	if err != nil {
		return asUsage(err)
	}
	if answer.Notification == nil {
		invalid := newInvalidView(answer)
		return errors.Join(out.show(invalid, invalid.print), errNo)
	}
	valid := newValidView(answer, c.Reveal)
	return out.show(valid, valid.print)
}

func asUsage(err error) error {
	var usage usageError
	if errors.As(err, &usage) {
		return err
	}
	return usageError{err}
}

// apps are the apps a message may be for. With keys given by hand it may be for
// any app: the message names it.
func (k *verifyKeys) apps(out *surroundings) ([]notify.App, error) {
	if len(k.PublicKey)+len(k.Cert) == 0 {
		return k.configured(out)
	}
	app := notify.App{AllowSHA1: k.AllowSHA1}
	for _, name := range k.PublicKey {
		key, err := readPublicKey(name)
		if err != nil {
			return nil, err
		}
		app.AlipayKeys = append(app.AlipayKeys, keys.AlipayKey{Public: key})
	}
	for _, name := range k.Cert {
		text, err := readFile(name)
		if err != nil {
			return nil, err
		}
		key, err := keys.ParseAlipayCertificate(string(text), keys.AllowShortKey)
		if err != nil {
			return nil, usagef("%s: %w", name, err)
		}
		app.AlipayKeys = append(app.AlipayKeys, key)
	}
	apps := []notify.App{app}
	return apps, k.complete(apps)
}

// configured takes the apps from a configuration.
func (k *verifyKeys) configured(out *surroundings) ([]notify.App, error) {
	cfg, err := config.Load(k.configPath(), out.getenv)
	if err != nil {
		return nil, usagef("%w; or give --public-key or --cert", err)
	}
	apps, err := service.VerifiedApps(cfg)
	if err != nil {
		return nil, err
	}
	for i := range apps {
		apps[i].AllowSHA1 = apps[i].AllowSHA1 || k.AllowSHA1
	}
	return apps, k.complete(apps)
}

// configPath is the configuration that counts when no key is given.
func (k *verifyKeys) configPath() string { return cmp.Or(k.Config, "miniflow.yaml") }

// complete lays the other flags over the apps.
func (k *verifyKeys) complete(apps []notify.App) error {
	var own *rsa.PublicKey
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
			return usagef("--aes-key: %w", err)
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
func readPublicKey(name string) (*rsa.PublicKey, error) {
	text, err := readFile(name)
	if err != nil {
		return nil, err
	}
	key, err := keys.ParsePublicKey(string(text), keys.AllowShortKey)
	if err != nil {
		return nil, usagef("%s: %w", name, err)
	}
	return key, nil
}
