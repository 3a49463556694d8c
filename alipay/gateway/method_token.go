package gateway

import (
	"context"
	"fmt"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/internal/wire"
	"miniflow/alipay/keys"
)

// AppToken allows the application to act for one merchant's mini program. It is a Secret,
// because its holder can do everything that the merchant has authorised.
type AppToken struct {
	Token        alipay.Secret
	RefreshToken alipay.Secret
	AuthAppID    string
	UserID       string
}

// ExchangeCode exchanges the app_auth_code of an authorisation redirect for tokens
// (alipay.open.auth.token.app): one for each mini program that the merchant authorised
// together. A code works once and for 24 hours, so if the answer is lost the merchant has to
// authorise again.
func (c *Client) ExchangeCode(ctx context.Context, code alipay.Secret) ([]AppToken, error) {
	members := map[string]any{"grant_type": "authorization_code", "code": code.Reveal()}
	return ask(ctx, c, alipay.MethodToken, "", members, readTokens)
}

// RefreshToken exchanges a refresh token for a new pair; the old token becomes invalid after
// a while. Tokens live until they are revoked, so refresh only when asked to.
func (c *Client) RefreshToken(ctx context.Context, refresh alipay.Secret) ([]AppToken, error) {
	members := map[string]any{"grant_type": "refresh_token", "refresh_token": refresh.Reveal()}
	return ask(ctx, c, alipay.MethodToken, "", members, readTokens)
}

// readTokens reads the list of newer answers, or the single token at the top level of older
// ones, because Alipay still sends both.
func readTokens(o wire.Object) []AppToken {
	rows := o.Objects("tokens")
	if len(rows) == 0 {
		rows = []wire.Object{o}
	}
	var tokens []AppToken
	for _, row := range rows {
		tokens = append(tokens, AppToken{
			Token:        alipay.Secret(row.Need("app_auth_token")),
			RefreshToken: row.Secret("app_refresh_token"),
			AuthAppID:    row.Need("auth_app_id"),
			UserID:       row.Text("user_id"),
		})
	}
	return tokens
}

// TokenStatus is what Alipay knows about a token, which decides over what messages assert.
type TokenStatus struct {
	Valid          bool
	Invalid        bool // Alipay says invalid; both are false for an unpublished status, which must not invalidate a token
	AuthAppID      string
	UserID         string
	Methods        []string
	Start, End     time.Time
	FullDelegation bool
}

// QueryToken asks whether a token is valid (alipay.open.auth.token.app.query). It changes
// nothing, so a lost answer is simply asked for again. A token that Alipay does not know at
// all is an error of ClassAuthorization.
func (c *Client) QueryToken(ctx context.Context, token alipay.Secret) (TokenStatus, error) {
	if token == "" {
		return TokenStatus{}, withoutToken(alipay.MethodTokenQuery)
	}
	// The token is content here, not the public parameter, because the call is the
	// application's own.
	members := map[string]any{"app_auth_token": token.Reveal()}
	return ask(ctx, c, alipay.MethodTokenQuery, "", members, func(o wire.Object) TokenStatus {
		return TokenStatus{
			Valid:          o.Need("status") == "valid",
			Invalid:        o.Text("status") == "invalid",
			AuthAppID:      o.Text("auth_app_id"),
			UserID:         o.Text("user_id"),
			Methods:        o.Texts("auth_methods"),
			Start:          o.SoftMoment("auth_start"),
			End:            o.SoftMoment("auth_end"),
			FullDelegation: o.Flag("is_by_app_auth"),
		}
	})
}

// DownloadedCertificate is a certificate of Alipay's that was proven, with its text as Alipay gave it
// out, from which it can be proven again.
type DownloadedCertificate struct {
	keys.AlipayKey
	Text string
}

// DownloadAlipayCertificate fetches a certificate that an answer named and that is not known
// here (alipay.open.app.alipaycert.download), and checks it: its chain has to lead to roots,
// the text of alipayRootCert.crt, and its serial number has to be sn. The chain is the only
// proof, because the answer may be signed with the very key that is being fetched.
func (c *Client) DownloadAlipayCertificate(ctx context.Context, sn, roots string) (DownloadedCertificate, error) {
	content, err := contentOf(map[string]any{"alipay_cert_sn": sn})
	if err != nil {
		return DownloadedCertificate{}, refusedHere(alipay.MethodCertDownload, "give the serial number as text", "alipay_cert_sn")
	}
	request := Request{Method: alipay.MethodCertDownload, Content: content, proofless: true}
	encoded, err := askWith(ctx, c, request, func(o wire.Object) string { return o.Need("alipay_cert_content") })
	if err != nil {
		return DownloadedCertificate{}, err
	}
	text, err := keys.DecodeDownloadedCertificate(encoded)
	if err == nil {
		var proven DownloadedCertificate
		if proven, err = ProveDownloaded(text, sn, roots, c.config.Now()); err == nil {
			return proven, nil
		}
	}
	return DownloadedCertificate{}, fmt.Errorf("certificate %s from Alipay: %w", sn, err)
}

// ProveDownloaded proves the text of a certificate that was downloaded, now or earlier: its chain has to
// lead to the roots, its number has to be sn, and it must not have run out.
func ProveDownloaded(text, sn, roots string, at time.Time) (DownloadedCertificate, error) {
	key, err := keys.ProveAlipayCertificate(text, roots, at)
	switch {
	case err != nil:
		return DownloadedCertificate{}, err
	case key.CertSN != sn:
		return DownloadedCertificate{}, ErrOtherCertificate
	case key.NotAfter.Before(at):
		return DownloadedCertificate{}, fmt.Errorf("%w on %s", keys.ErrCertificateRanOut, key.NotAfter.Format(time.DateOnly))
	}
	return DownloadedCertificate{AlipayKey: key, Text: text}, nil
}
