package people

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// provider is a company's log-in as the specification has it, written for these tests. Each of its
// fields may be spoiled.
type provider struct {
	t      *testing.T
	server *httptest.Server
	key    *rsa.PrivateKey
	// asked is what the browser was sent with, and claims what the next token says.
	asked  url.Values
	claims map[string]any
	// alg is what the token's head says; signer signs it.
	alg    string
	signer *rsa.PrivateKey
	down   bool
	// refuses is an error code of the token endpoint.
	refuses string
	noToken bool
	issuer  string // in the discovery; empty is its own
}

var providerKey, strangersKey = sync.OnceValue(newRSA), sync.OnceValue(newRSA)

func newRSA() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

func newProvider(t *testing.T) *provider {
	p := &provider{t: t, key: providerKey(), alg: "RS256", signer: providerKey()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		issuer := p.issuer
		if issuer == "" {
			issuer = p.server.URL
		}
		p.answer(w, map[string]any{
			"issuer": issuer, "authorization_endpoint": p.server.URL + "/authorize", "token_endpoint": p.server.URL + "/token",
			"jwks_uri": p.server.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256", "none", "HS256"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		encode := base64.RawURLEncoding.EncodeToString
		p.answer(w, map[string]any{"keys": []any{map[string]any{
			"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "k", "n": encode(p.key.N.Bytes()), "e": encode(big.NewInt(int64(p.key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("POST /token", p.token)
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.down {
			http.Error(w, "maintenance at backend-7.internal", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(p.server.Close)
	return p
}

func (p *provider) answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		p.t.Error(err)
	}
}

// token checks what a provider checks: the client, its secret, the code, and the verifier of PKCE.
func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, basic := r.BasicAuth()
	digest := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	proven := base64.RawURLEncoding.EncodeToString(digest[:]) == p.asked.Get("code_challenge") && p.asked.Get("code_challenge_method") == "S256"
	code := p.refuses
	switch {
	case code != "":
	case !basic || id != "miniflow" || secret != "its+secret":
		code = "invalid_client"
	case r.PostFormValue("code") != "the code" || !proven || r.PostFormValue("redirect_uri") != p.asked.Get("redirect_uri"):
		code = "invalid_grant"
	}
	if code != "" {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		p.answer(w, map[string]string{"error": code, "error_description": "a canary of the provider"})
		return
	}
	said := map[string]any{"access_token": "unused", "token_type": "Bearer", "expires_in": 60}
	if !p.noToken {
		said["id_token"] = p.signed()
	}
	p.answer(w, said)
}

func (p *provider) signed() string {
	encode := func(value any) string {
		text, err := json.Marshal(value)
		if err != nil {
			p.t.Error(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	text := encode(map[string]string{"alg": p.alg, "kid": "k"}) + "." + encode(p.claims)
	if p.alg == "none" {
		return text + "."
	}
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.signer, crypto.SHA256, digest[:])
	if err != nil {
		p.t.Error(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// identity is what an honest token says.
func (p *provider) identity(nonce string) map[string]any {
	return map[string]any{
		"iss": p.server.URL, "aud": "miniflow", "sub": "sub-1", "nonce": nonce, "email": "operator@example.com", "email_verified": true,
		"preferred_username": "user-1", "iat": begin.Unix(), "exp": begin.Add(time.Minute).Unix(),
	}
}
