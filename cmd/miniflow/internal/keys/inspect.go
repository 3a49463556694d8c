package keys

import (
	"fmt"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/keys"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/service"
	"miniflow/cmd/miniflow/internal/verifying"
)

// inspect is `keys inspect`. People are sent key files by others and by the console, under
// names that say little; which of them goes where is what it answers.
type inspect struct {
	Files []string `arg:"" help:"Key and certificate files." type:"path"`
}

// described is what keys inspect says of one file. Nothing secret is in it.
type described struct {
	File         string            `json:"file"`
	Kind         string            `json:"kind"`
	Encoding     string            `json:"encoding"`  // PKCS #1, PKCS #8, SPKI or X.509
	Armour       string            `json:"armour"`    // PEM, base64 or DER
	SignType     string            `json:"sign_type"` // RSA2 or SM2, what an app with this key signs with
	Bits         int               `json:"bits"`
	Fingerprint  string            `json:"fingerprint"` // SHA-256 of the public half as SPKI
	Certificates []certificateView `json:"certificates,omitempty"`
	RootSN       string            `json:"alipay_root_cert_sn,omitempty"`
	RootSNSM2    string            `json:"alipay_root_cert_sn_sm2,omitempty"` // that of an app whose sign_type is SM2
	Simulator    bool              `json:"simulator"`                         // made by a simulator, refused against a real endpoint
	Notes        []string          `json:"notes,omitempty"`
}

type certificateView struct {
	SN        string    `json:"sn"`
	Subject   string    `json:"subject"`
	Issuer    string    `json:"issuer"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
	Valid     bool      `json:"valid"` // now
}

// Run describes every file. It fails at the first that is not a key: a list with a gap in it
// would be read as a list without one.
func (c *inspect) Run(env *command.Env) error {
	views := make([]described, 0, len(c.Files))
	for _, file := range c.Files {
		info, err := readKey(file)
		if err != nil {
			return err
		}
		views = append(views, newKeyView(file, info, env.Now()))
	}
	return env.Show(views, func(p *command.Page) {
		for _, v := range views {
			v.print(p)
		}
	})
}

// newKeyView adds notes on what a person should do: a length or a date alone means little to
// most people.
func newKeyView(file string, info keys.Info, now time.Time) described {
	// The fingerprint is of the public half, so both files of a pair show the same one.
	v := described{
		File: file, Kind: string(info.Kind), Encoding: string(info.Encoding), Armour: string(info.Armour), SignType: string(keys.SignTypeOf(info.Public)), Bits: keys.Bits(info.Public),
		Fingerprint: verifying.Fingerprint(info.Public), RootSN: info.RootSN, RootSNSM2: info.RootSNSM2, Simulator: info.Simulator,
	}
	// A certificate that ran out still verifies; Alipay has changed to its next one by then,
	// so the note says to get that.
	for _, one := range info.Certificates {
		v.Certificates = append(v.Certificates, certificateView{
			SN: one.SN, Subject: one.Subject, Issuer: one.Issuer, NotBefore: one.NotBefore, NotAfter: one.NotAfter,
			Valid: !now.Before(one.NotBefore) && !now.After(one.NotAfter),
		})
		if left := one.NotAfter.Sub(now); left < 0 {
			v.Notes = append(v.Notes, fmt.Sprintf("certificate %s has run out; get the current one from the console", one.SN))
		} else if left < service.CertificateSoon {
			v.Notes = append(v.Notes, fmt.Sprintf("certificate %s runs out within 30 days; renew it in the console", one.SN))
		}
	}
	// sign_type RSA, which is SHA-1, asks for no length, so shorter keys are still about.
	if keys.SignTypeOf(info.Public) == keys.RSA2 && v.Bits < alipay.MinKeyBits {
		// A note and no error: what a short key is has to be said of it too.
		v.Notes = append(v.Notes, fmt.Sprintf("RSA2 needs %d bits; make a new pair with `miniflow keys generate`", alipay.MinKeyBits))
	}
	if v.Simulator {
		v.Notes = append(v.Notes, "a simulator made it: serve refuses it against a real endpoint")
	}
	return v
}

// Notes come last, where a long page ends and the eye stays.
func (v described) print(p *command.Page) {
	p.Line("%s", v.File)
	p.Item("what", p.Sayf("%s, %s, %s, %s, %d bits", p.Translate(v.Kind), v.Encoding, v.Armour, v.SignType, v.Bits))
	p.Item("fingerprint", "SHA-256 "+v.Fingerprint)
	p.Item("root SN", v.RootSN)
	p.Item("root SN of SM2", v.RootSNSM2)
	for _, one := range v.Certificates {
		p.Item("SN", one.SN)
		p.Item("subject", one.Subject)
		p.Item("issuer", one.Issuer)
		p.Item("valid", p.Sayf("%s to %s", one.NotBefore.Format(time.DateOnly), one.NotAfter.Format(time.DateOnly)))
	}
	for _, note := range v.Notes {
		p.Line("  %s", p.Warn(p.Translate(note)))
	}
}
