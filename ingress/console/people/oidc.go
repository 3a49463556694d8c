package people

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"miniflow/internal/seal"
)

// The claims that may say who somebody is.
const (
	ClaimEmail    = "email" // only where the provider says that it has verified it
	ClaimUsername = "preferred_username"
	ClaimSubject  = "sub"
)

// Claims returns them, so that an error can list them.
func Claims() []string { return []string{ClaimEmail, ClaimUsername, ClaimSubject} }

// patience is how long a provider has for one answer.
const patience = 10 * time.Second

// OIDCOptions say which provider vouches for people.
type OIDCOptions struct {
	// Issuer is the provider's URL; the rest is found by discovery.
	Issuer                 string
	ClientID, ClientSecret string
	// Claim is one of [Claims].
	Claim string
	// Name is written on the button.
	Name string
	// Scopes are asked for beside openid.
	Scopes []string
	// PublicURL is where people reach the console; the callback is below it.
	PublicURL string
	Ring      *seal.Ring
	Now       func() time.Time
	// Client calls the provider; nil is one with a deadline.
	Client *http.Client
}

// OIDC is a company's log-in: authorization code, PKCE, state and nonce. The provider is discovered
// when somebody first wants it, so that one that is down keeps nothing from starting.
type OIDC struct {
	options OIDCOptions
	client  *http.Client

	mu       sync.Mutex
	provider *oidc.Provider
}

// NewOIDC returns the way in. It calls nobody yet.
func NewOIDC(options OIDCOptions) (*OIDC, error) {
	if !slices.Contains(Claims(), options.Claim) {
		return nil, errors.New("the claim has to be one of email, preferred_username and sub")
	}
	if !options.Ring.Seals() {
		return nil, errors.New("a log-in by OIDC needs a sealing key")
	}
	client := options.Client
	if client == nil {
		client = &http.Client{Timeout: patience}
	}
	return &OIDC{options: options, client: client}, nil
}

// Name is what is written on the button.
func (o *OIDC) Name() string { return o.options.Name }

// discover asks the provider once; after a failure the next person asks again.
func (o *OIDC) discover(ctx context.Context) (*oidc.Provider, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.provider != nil {
		return o.provider, nil
	}
	// The provider keeps the context for its keys, so it must outlive this request.
	provider, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), o.client), o.options.Issuer)
	if err != nil {
		return nil, err
	}
	o.provider = provider
	return provider, nil
}

func (o *OIDC) flow(provider *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: o.options.ClientID, ClientSecret: o.options.ClientSecret, Endpoint: provider.Endpoint(),
		RedirectURL: o.options.PublicURL + OIDCCallbackPath, Scopes: append([]string{oidc.ScopeOpenID}, o.options.Scopes...),
	}
}
