package main

import (
	"path/filepath"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/internal/command"
)

// The word is the flag's. Key mode has no name here, because bare keys are made in both modes.
const modeCertificate = "certificate"

const signTypeSM2 = "SM2"

// appView names the files of one app, both halves of each pair: a receiver that is tested by hand
// may want to sign as Alipay.
type appView struct {
	AppID            string `json:"app_id"`
	AppPrivateKey    string `json:"app_private_key"`
	AlipayPublicKey  string `json:"alipay_public_key"`
	AlipayPrivateKey string `json:"alipay_private_key"`
	// These three are there with --mode certificate, in the order of the chain: a receiver
	// that lacks the root can prove neither of the others.
	AppCertificate    string `json:"app_cert,omitempty"`
	AlipayCertificate string `json:"alipay_cert,omitempty"`
	AlipayRoot        string `json:"alipay_root_cert,omitempty"`
	AESKey            string `json:"aes_key,omitempty"` // with --aes
}

// apps makes the keys that are missing and says where they are. Those of an earlier start are
// kept, so that a receiver's configuration stays right.
func (c *serve) apps() ([]alipaysim.App, view, error) {
	view := view{GatewayURL: c.GatewayURL}
	if c.CertSN != string(alipaysim.NoCertSN) && c.Mode != modeCertificate {
		// Pushes that name no certificate would look as if the receiver had lost it.
		return nil, view, command.Usagef("--cert-sn %s names a certificate, and there is none; add --mode certificate", c.CertSN)
	}
	// Each app has a directory of its own: app_id is what a receiver tells them apart by too.
	apps := make([]alipaysim.App, 0, len(c.AppID))
	for _, id := range c.AppID {
		app, files, err := c.app(filepath.Join(c.DataDir, "keys"), id)
		if err != nil {
			return nil, view, err
		}
		apps, view.Apps = append(apps, app), append(view.Apps, files)
	}
	return apps, view, nil
}

// app makes what is missing and loads it again from the files, so that the simulator runs with
// exactly what a receiver is configured with.
func (c *serve) app(keys, id string) (app alipaysim.App, files appView, err error) {
	generate := alipaysim.GenerateKeys
	if c.SignType == signTypeSM2 {
		generate = alipaysim.GenerateSM2Keys
	}
	if err := generate(keys, id); err != nil {
		return app, files, err
	}
	if app, err = alipaysim.LoadApp(keys, id); err != nil {
		return app, files, err
	}
	app.GatewayURL, app.NotifyRule, app.Charset = c.GatewayURL, ruleNamed(c.Rule), charsetNamed(c.Charset)
	app.WebSocket, app.CertSNInPushes = c.WebSocket, alipaysim.CertSNRule(c.CertSN)
	// The names are the simulator's, so that the paths that are printed are those it reads.
	home := filepath.Join(keys, id)
	files = appView{
		AppID: id, AppPrivateKey: filepath.Join(home, "app_private.pem"),
		AlipayPublicKey: filepath.Join(home, "alipay_public.pem"), AlipayPrivateKey: filepath.Join(home, "alipay_private.pem"),
	}
	// Certificates are made over the keys that are there already, so that a restart with
	// --mode certificate leaves the key pair of a configured receiver alone.
	if c.Mode == modeCertificate {
		if err := alipaysim.GenerateCertificates(keys, id); err != nil {
			return app, files, err
		}
		if app.Certificates, err = alipaysim.LoadCertificates(keys, id); err != nil {
			return app, files, err
		}
		files.AppCertificate, files.AlipayCertificate = filepath.Join(home, "app_cert.crt"), filepath.Join(home, "alipay_cert.crt")
		files.AlipayRoot = filepath.Join(home, "alipay_root.crt")
	}
	// The key has to be in the receiver's configuration too, so it is kept in a file of its own.
	if c.AES {
		if app.AESKey, err = alipaysim.GenerateAESKey(keys, id); err != nil {
			return app, files, err
		}
		app.EncryptPushes, files.AESKey = true, filepath.Join(home, "aes_key.txt")
	}
	return app, files, nil
}

// print uses the names that a configuration has for these files, so that they can be copied
// across line by line.
func (v appView) print(p *command.Page) {
	p.Line("app %s", v.AppID)
	p.Item("private key", v.AppPrivateKey)
	// In certificate mode the bare keys are there as well, and would only be configured by mistake.
	if v.AppCertificate == "" {
		p.Item("Alipay's key", v.AlipayPublicKey)
	} else {
		p.Item("certificate", v.AppCertificate)
		p.Item("Alipay's", v.AlipayCertificate)
		p.Item("its root", v.AlipayRoot)
	}
	if v.AESKey != "" {
		p.Item("content key", v.AESKey)
	}
}
