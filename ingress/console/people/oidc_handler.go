package people

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"miniflow/words"
)

const (
	// flowLife is how long somebody may take at the provider.
	flowLife = 10 * time.Minute

	flowContext = "console-oidc"
	flowCookie  = "miniflow-oidc"

	// mostClaim bounds what a provider says of somebody, because it is shown.
	mostClaim = 256
)

// flow is what the browser keeps, sealed, while somebody is at the provider: with it the answer fits
// this browser and this attempt, and no store is needed.
type flow struct {
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
	Next     string `json:"next"`
	Until    int64  `json:"until"`
}

func newFlow(next string, until time.Time) flow {
	text := func() string { return base64.RawURLEncoding.EncodeToString(random(24)) }
	return flow{State: text(), Nonce: text(), Verifier: oauth2.GenerateVerifier(), Next: next, Until: until.UnixNano()}
}

// startOIDC is GET /console/oidc/start: on to the provider.
func (h *Handler) startOIDC(w http.ResponseWriter, r *http.Request) {
	next := localPath(r.URL.Query().Get("next"))
	provider, err := h.OIDC.discover(r.Context())
	if err != nil {
		h.providerFails(w, r, err, next)
		return
	}
	begun := newFlow(next, h.Now().Add(flowLife))
	if err := sealCookie(h.OIDC.options.Ring, w, r, flowCookie, flowContext, begun, flowLife); err != nil {
		h.providerFails(w, r, err, next)
		return
	}
	address := h.OIDC.flow(provider).AuthCodeURL(begun.State, oauth2.S256ChallengeOption(begun.Verifier), oidc.Nonce(begun.Nonce))
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// finishOIDC is GET /console/oidc/callback: back from the provider.
func (h *Handler) finishOIDC(w http.ResponseWriter, r *http.Request) {
	var begun flow
	kept := openCookie(h.OIDC.options.Ring, r, flowCookie, flowContext, &begun)
	clearCookie(w, r, flowCookie) // an answer counts once
	query := r.URL.Query()
	if !kept || h.Now().UnixNano() >= begun.Until || subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(begun.State)) != 1 {
		h.page(w, r, http.StatusBadRequest, words.New("this log-in began in another browser, or more than %d minutes ago; begin again", minutes(flowLife)), home)
		return
	}
	if code := query.Get("error"); code != "" {
		h.refuseAtProvider(w, r, words.New("%s did not log you in (%s); begin again, or ask whoever runs it", h.OIDC.Name(), errorCode(code)), begun.Next)
		return
	}
	value, err := h.OIDC.identify(r.Context(), begun, query.Get("code"), query.Get("iss"))
	h.judge(w, r, value, err, begun.Next)
}

// judge tells apart whose fault it is where somebody was not identified.
func (h *Handler) judge(w http.ResponseWriter, r *http.Request, value string, err error, next string) {
	var unverified *unusable
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused) && refused.ErrorCode != "":
		h.Log.Error("the OIDC provider refuses the code", "issuer", h.OIDC.options.Issuer, "code", errorCode(refused.ErrorCode))
		h.refuseAtProvider(w, r, words.New("%s did not log you in (%s); begin again, or ask whoever runs it", h.OIDC.Name(), errorCode(refused.ErrorCode)), next)
	case errors.As(err, &unverified):
		h.Log.Warn("what the provider says of a person can't be used", "error", unverified.Error())
		h.refuseAtProvider(w, r, words.New("what %s says of you can't be used: %s", h.OIDC.Name(), unverified.text), next)
	case err != nil:
		h.providerFails(w, r, err, next)
	default:
		h.admit(w, r, value, next)
	}
}

// admit looks in the people file for whom the provider has named.
func (h *Handler) admit(w http.ResponseWriter, r *http.Request, value, next string) {
	grant, found, err := h.Directory.byClaim(value)
	switch {
	case err != nil:
		h.refuse(w, r, WayOIDC, Refusal{Reason: ReasonUnreadable}, next)
	case !found:
		_ = h.audit(r, Entry{Event: EventRefused, Way: WayOIDC, Reason: ReasonUnknown}) // nobody is let in either way
		h.page(w, r, http.StatusForbidden, words.New("%s knows you as %s, and no account here has that; ask whoever runs Miniflow to enter exactly this as `oidc` of your account",
			h.OIDC.Name(), value), next)
	default:
		h.letIn(w, r, grant, WayOIDC, next)
	}
}

func (h *Handler) refuseAtProvider(w http.ResponseWriter, r *http.Request, message words.Text, next string) {
	_ = h.audit(r, Entry{Event: EventRefused, Way: WayOIDC, Reason: ReasonProvider}) // nobody is let in either way
	h.page(w, r, http.StatusForbidden, message, next)
}

// providerFails is for a provider that can't be asked. The cause is in the log: it may name hosts.
func (h *Handler) providerFails(w http.ResponseWriter, r *http.Request, err error, next string) {
	h.Log.Error("the OIDC provider can't be asked", "issuer", h.OIDC.options.Issuer, "error", loggable(err))
	h.page(w, r, http.StatusBadGateway, words.New("%s can't be reached now; try again in a minute, or log in with a password if you have one", h.OIDC.Name()), next)
}

// loggable leaves out the body of a provider's answer, which may repeat a code or a secret.
func loggable(err error) string {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		return "the token endpoint answered " + refused.Response.Status
	}
	return err.Error()
}

var codeForm = regexp.MustCompile(`^[a-z_]{1,40}$`)

// errorCode returns a code of RFC 6749, which is all that is shown of a provider's own words.
func errorCode(code string) string {
	if codeForm.MatchString(code) {
		return code
	}
	return "error"
}

// unusable is an answer that does not say, for us, who somebody is.
type unusable struct {
	text words.Text
	err  error
}

func (u *unusable) Error() string {
	if u.err != nil {
		return u.text.String() + ": " + u.err.Error()
	}
	return u.text.String()
}

// identify exchanges the code and returns the claim that says who somebody is.
func (o *OIDC) identify(ctx context.Context, begun flow, code, issuer string) (string, error) {
	if issuer != "" && issuer != o.options.Issuer { // RFC 9207
		return "", &unusable{text: words.New("the answer is another provider's")}
	}
	provider, err := o.discover(ctx)
	if err != nil {
		return "", err
	}
	ctx = oidc.ClientContext(ctx, o.client)
	tokens, err := o.flow(provider).Exchange(ctx, code, oauth2.VerifierOption(begun.Verifier))
	if err != nil {
		return "", err
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return "", &unusable{text: words.New("there is no id_token in the answer")}
	}
	// Signature, issuer, audience and expiry; an algorithm without a key is none that it takes.
	token, err := provider.Verifier(&oidc.Config{ClientID: o.options.ClientID, Now: o.options.Now}).Verify(ctx, raw)
	if err != nil {
		return "", &unusable{text: words.New("the id_token does not verify"), err: err}
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(begun.Nonce)) != 1 {
		return "", &unusable{text: words.New("the id_token is of another log-in")}
	}
	return o.claim(token)
}

func (o *OIDC) claim(token *oidc.IDToken) (string, error) {
	var claims struct {
		Email    string `json:"email"`
		Verified any    `json:"email_verified"` // some providers write it as text
		Username string `json:"preferred_username"`
		Party    string `json:"azp"`
	}
	if err := token.Claims(&claims); err != nil {
		return "", &unusable{text: words.New("the id_token can't be read"), err: err}
	}
	if claims.Party != "" && claims.Party != o.options.ClientID {
		return "", &unusable{text: words.New("the id_token is for another program")}
	}
	value := map[string]string{ClaimEmail: claims.Email, ClaimUsername: claims.Username, ClaimSubject: token.Subject}[o.options.Claim]
	switch {
	case value == "" || len(value) > mostClaim || !utf8.ValidString(value):
		return "", &unusable{text: words.New("the id_token has no claim %s; whoever runs Miniflow can ask for another scope, or choose another claim", o.options.Claim)}
	case o.options.Claim == ClaimEmail && claims.Verified != true && claims.Verified != "true":
		return "", &unusable{text: words.New("the address is not verified there: anybody could have entered it")}
	}
	return value, nil
}
