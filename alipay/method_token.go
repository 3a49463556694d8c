package alipay

import (
	"context"
	"fmt"
	"time"
)

// AppToken lets the application act for one merchant's mini program.
type AppToken struct {
	Token        Secret // app_auth_token
	RefreshToken Secret // app_refresh_token
	AuthAppID    string // the mini program
	UserID       string // the merchant's account
}

// ExchangeCode exchanges the app_auth_code of an authorisation redirect for
// tokens (alipay.open.auth.token.app): one for each mini program that the
// merchant authorised at once. A code works once and for 24 hours; when the
// answer is lost the merchant has to authorise again.
func (c *Client) ExchangeCode(ctx context.Context, code Secret) ([]AppToken, error) {
	members := map[string]any{"grant_type": "authorization_code", "code": code.Reveal()}
	return ask(ctx, c, MethodToken, "", members, readTokens)
}

// RefreshToken exchanges a refresh token for a new pair; the old token dies
// after a while. Tokens live until they are revoked: refresh only when asked to.
func (c *Client) RefreshToken(ctx context.Context, refresh Secret) ([]AppToken, error) {
	members := map[string]any{"grant_type": "refresh_token", "refresh_token": refresh.Reveal()}
	return ask(ctx, c, MethodToken, "", members, readTokens)
}

// readTokens reads the list of newer answers, or the single token at the top
// level of older ones.
func readTokens(o wireObject) []AppToken {
	rows := o.objects("tokens")
	if len(rows) == 0 {
		rows = []wireObject{o}
	}
	var tokens []AppToken
	for _, row := range rows {
		tokens = append(tokens, AppToken{
			Token:        Secret(row.need("app_auth_token")),
			RefreshToken: row.secret("app_refresh_token"),
			AuthAppID:    row.need("auth_app_id"),
			UserID:       row.text("user_id"),
		})
	}
	return tokens
}

// TokenStatus is what Alipay knows about a token.
type TokenStatus struct {
	Valid          bool
	Invalid        bool // Alipay says so; neither is set for a status that it has not published
	AuthAppID      string
	UserID         string
	Methods        []string  // auth_methods
	Start, End     time.Time // zero where Alipay says nothing
	FullDelegation bool      // is_by_app_auth
}

// QueryToken asks whether a token is alive (alipay.open.auth.token.app.query).
// It changes nothing. A token that Alipay does not know at all is an error of
// ClassAuthorization.
func (c *Client) QueryToken(ctx context.Context, token Secret) (TokenStatus, error) {
	if token == "" {
		return TokenStatus{}, withoutToken(MethodTokenQuery)
	}
	// The token is content here, not the public parameter: the call is the
	// application's own.
	members := map[string]any{"app_auth_token": token.Reveal()}
	return ask(ctx, c, MethodTokenQuery, "", members, func(o wireObject) TokenStatus {
		return TokenStatus{
			Valid:          o.need("status") == "valid",
			Invalid:        o.text("status") == "invalid",
			AuthAppID:      o.text("auth_app_id"),
			UserID:         o.text("user_id"),
			Methods:        o.texts("auth_methods"),
			Start:          o.softMoment("auth_start"),
			End:            o.softMoment("auth_end"),
			FullDelegation: o.flag("is_by_app_auth"),
		}
	})
}

// DownloadAlipayCertificate fetches a certificate that an answer named and that
// is not known here (alipay.open.app.alipaycert.download), and checks it: its
// chain has to lead to roots, the text of alipayRootCert.crt, and its serial
// number has to be sn. The answer may be signed with the very key that is being
// fetched, so the chain is what proves it.
func (c *Client) DownloadAlipayCertificate(ctx context.Context, sn, roots string) (AlipayKey, error) {
	content, err := contentOf(map[string]any{"alipay_cert_sn": sn})
	if err != nil {
		return AlipayKey{}, refusedHere(MethodCertDownload, "give the serial number as text", "alipay_cert_sn")
	}
	request := Request{Method: MethodCertDownload, Content: content, proofless: true}
	encoded, err := askWith(ctx, c, request, func(o wireObject) string { return o.need("alipay_cert_content") })
	if err != nil {
		return AlipayKey{}, err
	}
	key, err := c.provenKey(encoded, sn, roots)
	if err != nil {
		return AlipayKey{}, fmt.Errorf("certificate %s from Alipay: %w", sn, err)
	}
	return key, nil
}

// provenKey is the key of a downloaded certificate whose chain and number hold.
func (c *Client) provenKey(encoded, sn, roots string) (AlipayKey, error) {
	text, err := DecodeDownloadedCertificate(encoded)
	if err != nil {
		return AlipayKey{}, err
	}
	now := c.config.Now()
	key, err := ProveAlipayCertificate(text, roots, now)
	switch {
	case err != nil:
		return AlipayKey{}, err
	case key.CertSN != sn:
		return AlipayKey{}, ErrOtherCertificate
	case key.NotAfter.Before(now):
		return AlipayKey{}, fmt.Errorf("%w on %s", ErrCertificateRanOut, key.NotAfter.Format(time.DateOnly))
	}
	return key, nil
}
