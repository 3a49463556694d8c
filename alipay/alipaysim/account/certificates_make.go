package account

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"miniflow/alipay/alipaysim/wire"
)

// Names in an app's key directory. Programs that use the simulator read some of these
// files, so the names are a promise.
const (
	rootFile       = "alipay_root.crt" // written last: where it is, all are
	alipayCertFile = "alipay_cert.crt"
	alipayKeyFile  = "alipay_private.pem"
	appCertFile    = "app_cert.crt"
	issuerFile     = "issuer_private.pem"
)

// GenerateCertificates makes, beside the keys of GenerateKeys (which it calls),
// what certificate mode needs, of the algorithm of the keys: alipay_root.crt, the bundle of roots
// as the platform gives it out, one of which Go can't parse; alipay_cert.crt, Alipay's
// certificate and its issuer's; app_cert.crt. They are valid from 2020 to 2049
// and marked as being for tests. What exists is kept.
func GenerateCertificates(dir, appID string) error {
	if err := GenerateKeys(dir, appID); err != nil {
		return err
	}
	home := filepath.Join(dir, appID)
	if _, err := os.Stat(filepath.Join(home, rootFile)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := makeCertificates(home); err != nil {
		return fmt.Errorf("generate the certificates of %s: %w", appID, err)
	}
	return nil
}

// makeCertificates issues everything and writes the bundle last, so that a crash
// in between leaves nothing that looks complete.
func makeCertificates(home string) error {
	// Both are of the pairs that public-key mode has, so that an app can change its
	// mode and keep its keys.
	app, err := readPublic(filepath.Join(home, "app_public.pem"))
	if err != nil {
		return err
	}
	alipay, err := readPublic(filepath.Join(home, "alipay_public.pem"))
	if err != nil {
		return err
	}
	if wire.SignTypeOf(app) != wire.SignTypeOf(alipay) {
		return errors.New("one pair of keys is RSA and the other SM2; remove the pair that is not of the app's signing method")
	}
	roots, err := makeRoots()
	if err != nil {
		return err
	}
	fresh, root := keysLike(app), roots.above(app)
	issuing, err := writeNewPrivate(filepath.Join(home, issuerFile), fresh)
	if err != nil {
		return err
	}
	template, err := certificateTemplate("Simulated Certification Authority Class 2 R1", true)
	if err != nil {
		return err
	}
	issuer, err := issue(template, root.certificate, issuing.Public(), root.key)
	if err != nil {
		return err
	}
	for file, public := range map[string]wire.PublicKey{alipayCertFile: alipay, appCertFile: app} {
		if err := makeLeaf(home, file, public, authority{issuer, issuing}); err != nil {
			return err
		}
	}
	return writeText(filepath.Join(home, rootFile), roots.bundle, 0o644)
}

// keysLike makes further keys of one's algorithm, since an app has one for everything.
func keysLike(key crypto.PublicKey) newKey {
	if wire.SignTypeOf(key) == wire.SignSM2 {
		return newSM2
	}
	return newRSA
}

type authority struct {
	certificate *smx509.Certificate
	key         wire.PrivateKey
}

func makeLeaf(home, file string, public wire.PublicKey, by authority) error {
	template, err := certificateTemplate("Simulated "+strings.TrimSuffix(file, ".crt"), false)
	if err != nil {
		return err
	}
	leaf, err := issue(template, by.certificate, public, by.key)
	if err != nil {
		return err
	}
	text := armoured(leaf)
	if file == alipayCertFile {
		text = armoured(leaf, by.certificate)
	}
	return writeText(filepath.Join(home, file), text, 0o644)
}

// roots are the bundle, in which the app's algorithm chooses what counts.
type roots struct {
	rsa, sm2 authority
	bundle   string
}

func (r roots) above(key crypto.PublicKey) authority {
	if wire.SignTypeOf(key) == wire.SignSM2 {
		return r.sm2
	}
	return r.rsa
}

// makeRoots makes the bundle. Like the real one it begins with an SM2 root, which Go's own
// library can't parse, and has an ECDSA root, which counts for nobody.
func makeRoots() (made roots, err error) {
	onCurve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return made, fmt.Errorf("generate: %w", err)
	}
	if made.rsa.key, err = newRSA(); err != nil {
		return made, fmt.Errorf("generate: %w", err)
	}
	if made.sm2.key, err = newSM2(); err != nil {
		return made, fmt.Errorf("generate: %w", err)
	}
	selfSigned := func(name string, key wire.PrivateKey) (root *smx509.Certificate) {
		if err != nil {
			return nil
		}
		var template *smx509.Certificate
		if template, err = certificateTemplate(name, true); err == nil {
			root, err = issue(template, template, key.Public(), key)
		}
		return root
	}
	made.sm2.certificate = selfSigned("Simulated SM2 Root", made.sm2.key)
	ecc := selfSigned("Simulated ECC Root", onCurve)
	made.rsa.certificate = selfSigned("Simulated RSA Root R1", made.rsa.key)
	second := selfSigned("Simulated RSA Root R2", made.rsa.key)
	if err != nil {
		return made, err
	}
	made.bundle = armoured(made.sm2.certificate, ecc, made.rsa.certificate, second)
	return made, nil
}

// certificateTemplate is a certificate to be issued. The serial number is random
// because serial numbers must differ; the dates are wide enough for any test's clock.
func certificateTemplate(name string, authority bool) (*smx509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, fmt.Errorf("draw a serial number: %w", err)
	}
	template := &smx509.Certificate{
		SerialNumber: serial,
		Subject: pkix.Name{Country: []string{"CN"}, Organization: []string{"Miniflow Simulator"},
			OrganizationalUnit: []string{"For Tests Only"}, CommonName: name},
		NotBefore:             time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2049, 12, 31, 0, 0, 0, 0, time.UTC),
		KeyUsage:              smx509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		IsCA:                  authority,
	}
	if authority {
		template.KeyUsage = smx509.KeyUsageCertSign
	}
	return template, nil
}

func armoured(chain ...*smx509.Certificate) string {
	var text bytes.Buffer
	for _, certificate := range chain {
		text.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}))
	}
	return text.String()
}

// numbered leaves the first certificate the plain names, under which public-key mode
// finds the key.
func numbered(file string, number int) string {
	if number == 1 {
		return file
	}
	extension := filepath.Ext(file)
	return strings.TrimSuffix(file, extension) + "_" + strconv.Itoa(number) + extension
}
