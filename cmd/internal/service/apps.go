package service

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"

	"miniflow/alipay"
	"miniflow/internal/config"
)

// app is one configured app with its keys read.
type app struct {
	config   config.App
	private  *rsa.PrivateKey
	verified alipay.App
	keys     *alipayKeys
	client   *alipay.Client
	// certSN and rootSN are the serial numbers that are sent, empty in public-key mode.
	certSN, rootSN string
}

// readApps reads the keys of every app. Every problem names the field and where it stands.
func readApps(cfg *config.Config, log *slog.Logger) ([]app, error) {
	apps := make([]app, 0, len(cfg.Apps))
	var problems []error
	for i := range cfg.Apps {
		read, err := readApp(cfg, i, log)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		apps = append(apps, read)
	}
	return apps, errors.Join(problems...)
}

// readApp reads the keys of one app and makes its gateway client.
func readApp(cfg *config.Config, index int, log *slog.Logger) (app, error) {
	field := fmt.Sprintf("apps[%d].", index)
	read := app{config: cfg.Apps[index]}
	at := func(name string, err error) error {
		return fmt.Errorf("%s: %s%s of app %s: %w", cfg.Where(field+name), field, name, read.config.ID, err)
	}
	var err error
	if read.private, err = alipay.ParsePrivateKey(read.config.PrivateKey.Reveal()); err != nil {
		return app{}, at("private_key", err)
	}
	read.verified = alipay.App{ID: read.config.ID, ApplicationKey: &read.private.PublicKey}
	for _, signType := range read.config.SignTypes {
		read.verified.AllowSHA1 = read.verified.AllowSHA1 || signType == string(alipay.RSA)
	}
	if text := read.config.AESKey.Reveal(); text != "" {
		if read.verified.AESKey, err = alipay.ParseAESKey(text); err != nil {
			return app{}, at("aes_key", err)
		}
	}
	if read.config.Certificates.Enabled() {
		err = read.certificates(at)
	} else {
		err = read.publicKeys(at)
	}
	if err != nil {
		return app{}, err
	}
	read.keys = newAlipayKeys(read.verified.AlipayKeys)
	if read.client, err = read.newClient(cfg.Limits.AlipayCallsPerSecond, log); err != nil {
		return app{}, at("endpoint", err)
	}
	return read, nil
}

func (a *app) publicKeys(at func(string, error) error) error {
	for i, key := range a.config.AlipayPublicKeys {
		public, err := alipay.ParsePublicKey(key.Key)
		if err != nil {
			return at(fmt.Sprintf("alipay_public_keys[%d].key", i), err)
		}
		a.verified.AlipayKeys = append(a.verified.AlipayKeys, alipay.AlipayKey{Public: public})
	}
	return nil
}

func (a *app) certificates(at func(string, error) error) error {
	for i, certificate := range a.config.Certificates.Alipay {
		if err := alipay.VerifyCertificate(certificate.Cert, a.config.Certificates.Root, now()); err != nil {
			return at(fmt.Sprintf("certificates.alipay[%d].cert", i), err)
		}
		key, err := alipay.ParseAlipayCertificate(certificate.Cert)
		if err != nil {
			return at(fmt.Sprintf("certificates.alipay[%d].cert", i), err)
		}
		a.verified.AlipayKeys = append(a.verified.AlipayKeys, key)
	}
	own, err := alipay.ParseAlipayCertificate(a.config.Certificates.App)
	if err != nil {
		return at("certificates.app", err)
	}
	a.certSN = own.CertSN
	if a.rootSN, err = alipay.RootCertificateSN(a.config.Certificates.Root); err != nil {
		return at("certificates.root", err)
	}
	return nil
}

// newClient makes the app's gateway client, whose answers are verified with the keys that verify messages.
func (a *app) newClient(callsPerSecond float64, log *slog.Logger) (*alipay.Client, error) {
	return alipay.NewClient(alipay.ClientConfig{
		AppID: a.config.ID, Endpoint: a.config.GatewayURL(), PrivateKey: a.private, AlipayKey: a.keys.lookup,
		AppCertSN: a.certSN, AlipayRootCertSN: a.rootSN,
		AESKey: a.verified.AESKey, EncryptType: a.config.EncryptType, Limiter: alipay.NewMethodLimiter(max(1, int(callsPerSecond))),
		Observe: alipay.LogExchanges(log.With("app_id", a.config.ID)),
	})
}
