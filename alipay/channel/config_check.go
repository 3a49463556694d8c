package channel

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"

	"miniflow/alipay"
	"miniflow/alipay/keys"
)

var (
	safeName     = regexp.MustCompile(`^[0-9A-Za-z_.-]{1,64}$`)
	serialNumber = regexp.MustCompile(`^[0-9A-Fa-f_]{1,256}$`)
)

// check reports every wrong field at once, after the defaults are set, so that a default that
// contradicts a given value is found too.
func (c *Config) check() error {
	var wrong []error
	demand := func(holds bool, otherwise string) {
		if !holds {
			wrong = append(wrong, errors.New(otherwise))
		}
	}
	demand(safeName.MatchString(c.AppID), "AppID is empty or no app_id: give the application's id from the console")
	demand(c.Verifier != nil, "Verifier is missing: messages can't be verified without Alipay's public key")
	demand(c.AlipayKey != nil, "AlipayKey is missing: the register answer can't be verified without Alipay's public key")
	demand(c.Handle != nil, "Handle is missing: somebody has to take the messages")
	demand(c.Charset == UTF8 || c.Charset == GBK, "Charset is unknown: give UTF-8 or GBK")
	demand(safeName.MatchString(c.SDKVersion), "SDKVersion has more than letters, digits, dots, dashes and underscores: leave it empty")
	demand((c.AppCertSN == "") == (c.AlipayRootCertSN == ""),
		"AppCertSN and AlipayRootCertSN belong together: give both (certificate mode) or none (public-key mode)")
	demand(c.AppCertSN == "" || serialNumber.MatchString(c.AppCertSN) && serialNumber.MatchString(c.AlipayRootCertSN),
		"AppCertSN or AlipayRootCertSN is no serial number: see alipay.CertificateSN and alipay.RootCertificateSN")
	demand(c.Silence >= 2*c.PingEvery, "Silence is shorter than two pings: a single late pong would end the connection")
	demand(c.Idle > c.Timeouts.Handle, "Idle is not longer than Timeouts.Handle: a message in hand would lose its connection")
	demand(c.Backoff.Min <= c.Backoff.Max, "Backoff.Min is above Backoff.Max: exchange them")
	return errors.Join(append(wrong, c.checkKey(), c.checkTransport())...)
}

func (c *Config) checkKey() error {
	switch {
	case c.PrivateKey == nil:
		return errors.New("PrivateKey is missing: give the application's private key")
	case c.signType() == "":
		return errors.New("PrivateKey is of no algorithm of Alipay's: give one of RSA or SM2")
	case c.signType() == keys.RSA2 && keys.Bits(keys.PublicOf(c.PrivateKey)) < alipay.MinKeyBits:
		return fmt.Errorf("PrivateKey has %d bits: RSA2 needs %d or more, make a new key", keys.Bits(keys.PublicOf(c.PrivateKey)), alipay.MinKeyBits)
	case c.AlipayKey == nil:
		return nil
	}
	return keys.CheckPair(keys.PublicOf(c.PrivateKey), c.AlipayKey("")...)
}

// signType is the algorithm of both directions, which the console sets for an app (接口加签方式).
func (c *Config) signType() keys.SignType { return keys.SignTypeOf(keys.PublicOf(c.PrivateKey)) }

// checkTransport refuses a transport that would not verify the server's identity: x-msgId and
// x-timestamp aren't signed, so TLS alone vouches for them.
func (c *Config) checkTransport() error {
	switch {
	case c.Transport == nil:
		return nil
	case c.Transport.DialTLSContext != nil || c.Transport.DialTLS != nil: //nolint:staticcheck // deprecated, and refused for that very reason
		return errors.New("the Transport makes its own TLS connections: set TLSClientConfig instead, so that certificates are verified here")
	case c.Transport.TLSClientConfig != nil && c.Transport.TLSClientConfig.InsecureSkipVerify:
		return errors.New("the Transport skips the verification of certificates: add the certificate's issuer to TLSClientConfig.RootCAs instead")
	}
	return nil
}

// parseBase accepts an address that carries neither a user nor parameters. Its scheme decides
// for both requests, so that no answer can downgrade it.
func parseBase(address string, allowPlain bool) (*url.URL, error) {
	base, err := url.Parse(address)
	switch {
	case err != nil, base.Host == "", base.Opaque != "":
		return nil, errors.New("URL is no address: give one like " + URLProduction)
	case base.User != nil, base.RawQuery != "", base.Fragment != "":
		return nil, errors.New("URL has a user, a query or a fragment: give the bare address, like " + URLProduction)
	case base.Scheme == "https", base.Scheme == "http" && (allowPlain || isLoopback(base.Hostname())):
		base.Path = strings.TrimSuffix(base.Path, "/")
		return base, nil
	default:
		return nil, errors.New("URL is not https: give https; http is for loopback, or set AllowPlainHTTP for a private network")
	}
}

func isLoopback(host string) bool {
	address := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || address != nil && address.IsLoopback()
}
