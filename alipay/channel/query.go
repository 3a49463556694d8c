package channel

import (
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"miniflow/alipay/keys"
)

const (
	paramAppID            = "app_id"
	paramCharset          = "charset"
	paramNonce            = "nonce"
	paramSDKVersion       = "sdk_version"
	paramSignType         = "sign_type"
	paramTimestamp        = "timestamp"
	paramAppCertSN        = "app_cert_sn"
	paramAlipayRootCertSN = "alipay_root_cert_sn"
	paramLinkToken        = "link_token"
	paramSign             = "sign"
)

// signedURL returns the address of a request with the parameters that both requests have, the
// given ones, and the signature over all of them.
//
// The signed text contains every parameter but sign, sign_type included, sorted by name:
// Alipay's V2 rule. Text and query are in the connection's charset, as the official client
// writes them; only a link_token can contain characters outside ASCII.
func (c *Client) signedURL(scheme, path string, more map[string]string) (string, error) {
	params := map[string]string{
		paramAppID:      c.config.AppID,
		paramCharset:    string(c.config.Charset),
		paramSDKVersion: c.config.SDKVersion,
		paramSignType:   string(c.config.signType()),
		paramTimestamp:  strconv.FormatInt(c.config.Now().UnixMilli(), 10),
	}
	if c.config.AppCertSN != "" {
		params[paramAppCertSN] = c.config.AppCertSN
		params[paramAlipayRootCertSN] = c.config.AlipayRootCertSN
	}
	maps.Copy(params, more)
	query := make(url.Values, len(params)+1)
	var text strings.Builder
	for i, name := range slices.Sorted(maps.Keys(params)) {
		if i > 0 {
			text.WriteByte('&')
		}
		value, err := c.config.Charset.encode(params[name])
		if err != nil {
			return "", fmt.Errorf("write %s in %s: %w", name, c.config.Charset, err)
		}
		text.WriteString(name + "=" + value)
		query.Set(name, value)
	}
	sign, err := keys.Sign(c.config.PrivateKey, c.config.signType(), []byte(text.String()))
	if err != nil {
		return "", fmt.Errorf("sign the query: %w", err)
	}
	query.Set(paramSign, sign)
	address := *c.base
	address.Scheme, address.RawQuery = scheme, query.Encode()
	address.Path += path
	return address.String(), nil
}

func (c *Client) randomHex(n int) (string, error) {
	random := make([]byte, n)
	if _, err := io.ReadFull(c.config.Rand, random); err != nil {
		return "", fmt.Errorf("read randomness: %w", err)
	}
	return hex.EncodeToString(random), nil
}
