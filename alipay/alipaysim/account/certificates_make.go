package account

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
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
// what certificate mode needs: alipay_root.crt, the bundle of roots as the
// platform gives it out, one of which Go can't parse; alipay_cert.crt, Alipay's
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
	rootKey, err := rsa.GenerateKey(rand.Reader, MinKeyBits)
	if err != nil {
		return fmt.Errorf("generate: %w", err)
	}
	root, bundle, err := makeRoots(rootKey)
	if err != nil {
		return err
	}
	issuing, err := writeNewRSA(filepath.Join(home, issuerFile))
	if err != nil {
		return err
	}
	template, err := certificateTemplate("Simulated Certification Authority Class 2 R1", true)
	if err != nil {
		return err
	}
	issuer, err := issue(template, root, &issuing.PublicKey, rootKey)
	if err != nil {
		return err
	}
	if err := makeLeaves(home, issuer, issuing); err != nil {
		return err
	}
	return writeText(filepath.Join(home, rootFile), bundle, 0o644)
}

func makeLeaves(home string, issuer *x509.Certificate, issuing *rsa.PrivateKey) error {
	// Both are of the pairs that public-key mode has, so that an app can change its
	// mode and keep its keys.
	for file, publicFile := range map[string]string{alipayCertFile: "alipay_public.pem", appCertFile: "app_public.pem"} {
		public, err := readPublic(filepath.Join(home, publicFile))
		if err != nil {
			return err
		}
		if wire.SignTypeOf(public) != wire.SignRSA2 {
			return errors.New("the keys are SM2, and certificate mode is simulated with RSA alone; leave certificate mode out")
		}
		template, err := certificateTemplate("Simulated "+strings.TrimSuffix(file, ".crt"), false)
		if err != nil {
			return err
		}
		leaf, err := issue(template, issuer, public, issuing)
		if err != nil {
			return err
		}
		text := armoured(leaf)
		if file == alipayCertFile {
			text = armoured(leaf, issuer)
		}
		if err := writeText(filepath.Join(home, file), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// makeRoots returns the RSA root that counts and the bundle as text. Like the
// real one it begins with an SM2 root, and it has an ECDSA root: the rule for
// alipay_root_cert_sn passes over both.
func makeRoots(key *rsa.PrivateKey) (root *x509.Certificate, bundle string, err error) {
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, "", fmt.Errorf("generate: %w", err)
	}
	selfSigned := func(name string, public, private any) (made *x509.Certificate) {
		if err != nil {
			return nil
		}
		var template *x509.Certificate
		if template, err = certificateTemplate(name, true); err == nil {
			made, err = issue(template, template, public, private)
		}
		return made
	}
	onCurve := selfSigned("Simulated ECC Root", &curve.PublicKey, curve)
	root = selfSigned("Simulated RSA Root R1", &key.PublicKey, key)
	second := selfSigned("Simulated RSA Root R2", &key.PublicKey, key)
	if err != nil {
		return nil, "", err
	}
	der, err := asSM2(onCurve.Raw, &curve.PublicKey)
	if err != nil {
		return nil, "", err
	}
	unreadable := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return root, unreadable + armoured(onCurve, root, second), nil
}

// Pieces of DER, in hex, that make a P-256 certificate one on the SM2 curve. Each
// pair has one length, so that the structure around them holds.
const (
	derP256  = "06082a8648ce3d030107" // prime256v1
	derSM2   = "06082a811ccf5501822d" // 1.2.156.10197.1.301
	derECDSA = "06082a8648ce3d040302" // ecdsa-with-SHA256
	derSM3   = "06082a811ccf55018375" // 1.2.156.10197.1.501
	pointOfG = "0432c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
)

// asSM2 rewrites a certificate to the SM2 curve; its public key is the curve's
// base point. The signature no longer means anything, but a reader who could notice
// would have to know the curve.
func asSM2(der []byte, key *ecdsa.PublicKey) ([]byte, error) {
	point, err := key.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encode a point: %w", err)
	}
	text := hex.EncodeToString(der)
	for _, swap := range [][2]string{{derP256, derSM2}, {derECDSA, derSM3}, {hex.EncodeToString(point), pointOfG}} {
		if !strings.Contains(text, swap[0]) {
			return nil, errors.New("a certificate is not laid out as expected")
		}
		text = strings.ReplaceAll(text, swap[0], swap[1])
	}
	return hex.DecodeString(text)
}

// certificateTemplate is a certificate to be issued. The serial number is random
// because serial numbers must differ; the dates are wide enough for any test's clock.
func certificateTemplate(name string, authority bool) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, fmt.Errorf("draw a serial number: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject: pkix.Name{Country: []string{"CN"}, Organization: []string{"Miniflow Simulator"},
			OrganizationalUnit: []string{"For Tests Only"}, CommonName: name},
		NotBefore:             time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2049, 12, 31, 0, 0, 0, 0, time.UTC),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		IsCA:                  authority,
	}
	if authority {
		template.KeyUsage = x509.KeyUsageCertSign
	}
	return template, nil
}

func armoured(chain ...*x509.Certificate) string {
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
