package account

import (
	"crypto/md5" //nolint:gosec // the platform defines serial numbers as MD5; nothing is trusted because of them
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"miniflow/alipay/alipaysim/wire"
)

// Certificates are what certificate mode needs of one app on Alipay's side. A value
// never changes, so readers need no lock: a rotation makes a new one.
type Certificates struct {
	home     string // rotations are written there, so that they survive a restart
	app      *smx509.Certificate
	rootSN   string
	issuer   *smx509.Certificate // signs Alipay's next certificate
	issuing  wire.PrivateKey
	ofAlipay []alipayCertificate // oldest first; the last one signs
}

// alipayCertificate keeps its PEM as it was written, because alipaycert.download answers
// that text.
type alipayCertificate struct {
	leaf *smx509.Certificate
	key  wire.PrivateKey
	text string // PEM: the leaf and its issuer
}

// SN is the alipay_cert_sn of answers: a client that has another certificate downloads
// this one before it can verify.
func (c *Certificates) SN() string { return certificateSN(c.current().leaf) }

// AppSN is what the app has to send as app_cert_sn; a request without it is one in
// public-key mode and fails as a bad signature.
func (c *Certificates) AppSN() string { return certificateSN(c.app) }

// RootSN is what the app has to send as alipay_root_cert_sn. Clients that number every
// root of the bundle, or fail at the one they can't parse, get it wrong.
func (c *Certificates) RootSN() string { return c.rootSN }

func (c *Certificates) current() alipayCertificate { return c.ofAlipay[len(c.ofAlipay)-1] }

// Content is what alipay.open.app.alipaycert.download answers: base64 of PEM.
// Certificates that were rotated out are still known, because what they have signed may
// be verified late.
func (c *Certificates) Content(sn string) (string, bool) {
	for _, certificate := range c.ofAlipay {
		if certificateSN(certificate.leaf) == sn {
			return base64.StdEncoding.EncodeToString([]byte(certificate.text)), true
		}
	}
	return "", false
}

// certificateSN is the platform's serial number: the MD5 of the issuer's name in
// RFC 2253 form, the most specific part first, and the number in decimal.
func certificateSN(certificate *smx509.Certificate) string {
	sum := md5.Sum([]byte(certificate.Issuer.String() + certificate.SerialNumber.String())) //nolint:gosec // see import
	return hex.EncodeToString(sum[:])
}

// rootBundleSN joins the numbers of the roots that are signed with the app's algorithm, in file
// order.
func rootBundleSN(bundle []byte, signType string) string {
	counts := smx509.SHA256WithRSA
	if signType == wire.SignSM2 {
		counts = smx509.SM2WithSM3
	}
	var numbers []string
	for block, rest := pem.Decode(bundle); block != nil; block, rest = pem.Decode(rest) {
		root, err := smx509.ParseCertificate(block.Bytes)
		if err == nil && root.SignatureAlgorithm == counts {
			numbers = append(numbers, certificateSN(root))
		}
	}
	return strings.Join(numbers, "_")
}

// LoadCertificates reads what GenerateCertificates made and what rotations have
// added since, so that after a restart the newest goes on signing. Put it into
// App.Certificates.
func LoadCertificates(dir, appID string) (*Certificates, error) {
	home := filepath.Join(dir, appID)
	bundle, err := os.ReadFile(filepath.Join(home, rootFile)) //nolint:gosec // the caller's own key directory
	if err != nil {
		return nil, fmt.Errorf("read the root bundle (GenerateCertificates makes it): %w", err)
	}
	c := &Certificates{home: home}
	chain, err := readChain(filepath.Join(home, appCertFile))
	if err != nil {
		return nil, err
	}
	c.app = chain[0]
	if public, err := readPublic(filepath.Join(home, "app_public.pem")); err != nil || !public.Equal(c.app.PublicKey) {
		return nil, fmt.Errorf("%s is not of app_public.pem; remove the certificates and generate them again", appCertFile)
	}
	c.rootSN = rootBundleSN(bundle, wire.SignTypeOf(c.app.PublicKey))
	if c.issuing, err = readPrivate(filepath.Join(home, issuerFile)); err != nil {
		return nil, err
	}
	for number := 1; ; number++ {
		certificate, issuer, err := readAlipay(home, number)
		if errors.Is(err, fs.ErrNotExist) && number > 1 {
			return c, nil
		}
		if err != nil {
			return nil, err
		}
		c.issuer, c.ofAlipay = issuer, append(c.ofAlipay, certificate)
	}
}

// readAlipay reads the certificate of a number, its key and its issuer. The
// certificate is written after the key: where it is, both are.
func readAlipay(home string, number int) (certificate alipayCertificate, issuer *smx509.Certificate, err error) {
	file := filepath.Join(home, numbered(alipayCertFile, number))
	chain, err := readChain(file)
	if err != nil {
		return certificate, nil, err
	}
	if len(chain) != 2 {
		return certificate, nil, fmt.Errorf("%s holds %d certificates; it needs Alipay's own and its issuer's", file, len(chain))
	}
	certificate.leaf, certificate.text = chain[0], armoured(chain...)
	certificate.key, err = readPrivate(filepath.Join(home, numbered(alipayKeyFile, number)))
	if err != nil {
		return certificate, nil, err
	}
	if public, ok := certificate.key.Public().(wire.PublicKey); !ok || !public.Equal(certificate.leaf.PublicKey) {
		return certificate, nil, fmt.Errorf("%s does not belong to its private key; remove the certificates and generate them again", file)
	}
	return certificate, chain[1], nil
}

func readChain(file string) ([]*smx509.Certificate, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the caller's own key directory
	if err != nil {
		return nil, fmt.Errorf("read a certificate: %w", err)
	}
	var chain []*smx509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		certificate, err := smx509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		chain = append(chain, certificate)
	}
	if len(chain) == 0 {
		return nil, fmt.Errorf("%s has no certificate; remove the certificates and generate them again", file)
	}
	return chain, nil
}

// rotated issues Alipay's next certificate with a new key and writes both beside
// the old ones, which stay as they are: what a client has on disk still names
// the certificate of yesterday.
func (c *Certificates) rotated() (*Certificates, error) {
	number := len(c.ofAlipay) + 1
	key, err := writeNewPrivate(filepath.Join(c.home, numbered(alipayKeyFile, number)), keysLike(c.issuing.Public()))
	if err != nil {
		return nil, err
	}
	template, err := certificateTemplate("Simulated "+strings.TrimSuffix(alipayCertFile, ".crt"), false)
	if err != nil {
		return nil, err
	}
	leaf, err := issue(template, c.issuer, key.Public(), c.issuing)
	if err != nil {
		return nil, err
	}
	text := armoured(leaf, c.issuer)
	if err := writeText(filepath.Join(c.home, numbered(alipayCertFile, number)), text, 0o644); err != nil {
		return nil, err
	}
	next := *c
	next.ofAlipay = append(slices.Clone(c.ofAlipay), alipayCertificate{leaf: leaf, key: key, text: text})
	return &next, nil
}

// Expired reports whether the app's own certificate has run out, which the gateway
// answers with isv.app-cert-expired before it looks at the signature.
func (c *Certificates) Expired(now time.Time) bool { return now.After(c.app.NotAfter) }

// issue reads back what it signed: only a parsed certificate has the Raw and the issuer's
// name that serial numbers are made of.
func issue(template, parent *smx509.Certificate, key, signer any) (*smx509.Certificate, error) {
	der, err := smx509.CreateCertificate(rand.Reader, template, parent, key, signer)
	if err != nil {
		return nil, fmt.Errorf("issue %s: %w", template.Subject.CommonName, err)
	}
	return smx509.ParseCertificate(der)
}
