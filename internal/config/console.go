package config

import (
	"maps"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"miniflow/order"
)

// Console is who may use the pages at /console. Without a people file there are none, because a page
// that anybody may open shows everybody's orders.
type Console struct {
	// PeopleFile is the absolute path of the accounts, which `miniflow people` writes. It is read
	// again whenever it has changed. Every process with the role api has to have the same one.
	PeopleFile string `yaml:"people_file"`
	// Idle is how long somebody may do nothing before they are logged out. Default 30m.
	Idle order.Duration `yaml:"idle"`
	// MerchantGroups are merchant_refs by the name of a group, or beginnings of them that end in *.
	// Who has a group in the people file sees those merchants alone.
	MerchantGroups map[string][]string `yaml:"merchant_groups"`
	// TrustedProxies are the addresses or networks of what stands in front of Miniflow and sets
	// X-Forwarded-For. Without them everybody behind a proxy has its address, in the audit log and
	// where wrong passwords are counted.
	TrustedProxies []string `yaml:"trusted_proxies"`
	// OIDC is a company's own log-in.
	OIDC OIDC `yaml:"oidc"`
}

// OIDC is a provider of OpenID Connect that vouches for people: any that has discovery and the
// authorization code flow with PKCE.
type OIDC struct {
	// Issuer is the provider's URL, exactly as its discovery says it. Empty: no such log-in.
	Issuer string `yaml:"issuer"`
	// ClientID and ClientSecret are what the provider has registered this console as, with the
	// redirect URI <public_url>/console/oidc/callback.
	ClientID         string `yaml:"client_id"`
	ClientSecret     Secret `yaml:"client_secret"`
	ClientSecretFile string `yaml:"client_secret_file"`
	// Claim is what of the id_token is compared with `oidc` of a person: email (which has to be
	// verified), preferred_username or sub. Default email.
	Claim string `yaml:"claim"`
	// Name is written on the button. Default the issuer's host.
	Name string `yaml:"name"`
	// Scopes are asked for beside openid. Default what the claim needs: email, profile or none.
	Scopes []string `yaml:"scopes"`
}

const (
	defaultIdle = 30 * time.Minute
	leastIdle   = time.Minute
	mostIdle    = 12 * time.Hour // as long as a session lives
)

// On reports whether the console is to be served.
func (c Console) On() bool { return c.PeopleFile != "" }

// On reports whether people may log in at a provider.
func (o OIDC) On() bool { return o.Issuer != "" }

// scopesOf are what a provider wants to be asked for, for a claim to be in the id_token.
var scopesOf = map[string][]string{"email": {"email"}, "preferred_username": {"profile"}, "sub": nil}

func (c *Console) fill() {
	if !c.OIDC.On() {
		return
	}
	if c.OIDC.Name == "" {
		_, c.OIDC.Name, _ = strings.Cut(c.OIDC.Issuer, "://")
		c.OIDC.Name, _, _ = strings.Cut(c.OIDC.Name, "/")
	}
	if len(c.OIDC.Scopes) == 0 {
		c.OIDC.Scopes = scopesOf[c.OIDC.Claim]
	}
}

// Proxies returns the trusted proxies as networks.
func (c Console) Proxies() []netip.Prefix {
	var all []netip.Prefix
	for _, text := range c.TrustedProxies {
		if network, ok := networkOf(text); ok {
			all = append(all, network)
		}
	}
	return all
}

func networkOf(text string) (netip.Prefix, bool) {
	if network, err := netip.ParsePrefix(text); err == nil {
		return network.Masked(), true
	}
	at, err := netip.ParseAddr(text)
	if err != nil || at.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(at, at.BitLen()), true
}

func (v *validator) console() {
	console := v.config.Console
	switch {
	case !console.On():
		if console.OIDC.On() || len(console.MerchantGroups) > 0 {
			v.problem("console.people_file", "is missing, so there is no console; name the file that `miniflow people add` is to write")
		}
	case !filepath.IsAbs(console.PeopleFile):
		v.problem("console.people_file", "has to be an absolute path: every process has to find the same people wherever it is started")
	}
	if console.On() && v.config.Sealing.None {
		v.problem("console.people_file", "needs a sealing key: with `sealing: none` anybody could make the cookie of somebody who is logged in; give sealing.keys")
	}
	if idle := console.Idle.Std(); idle < leastIdle || idle > mostIdle {
		v.problem("console.idle", "has to be between %v and %v", leastIdle, mostIdle)
	}
	v.merchantGroups()
	for _, text := range console.TrustedProxies {
		if _, ok := networkOf(text); !ok {
			v.problem("console.trusted_proxies", "has to be addresses and networks, such as 10.0.0.7 and 10.0.0.0/24")
			return
		}
	}
	v.oidc()
}

// groupForm keeps the name of a group a word that a command line takes.
var groupForm = regexp.MustCompile(`^[\p{L}\p{N}._-]{1,64}$`)

func (v *validator) merchantGroups() {
	groups := v.config.Console.MerchantGroups
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		at := "console.merchant_groups." + name
		if !groupForm.MatchString(name) {
			v.problem(at, "has to have a name of letters, digits, '.', '_' or '-'")
		}
		if len(groups[name]) == 0 {
			v.problem(at, "is empty; list merchant_refs, or beginnings of them that end in *")
		}
		for _, ref := range groups[name] {
			if before, _ := strings.CutSuffix(ref, "*"); ref == "" || strings.Contains(before, "*") {
				v.problem(at, "has to list merchant_refs, or beginnings of them that end in *")
			}
		}
	}
}

func (v *validator) oidc() {
	oidc := v.config.Console.OIDC
	if !oidc.On() {
		if oidc.ClientID != "" || oidc.ClientSecret != "" {
			v.problem("console.oidc.issuer", "is missing; give the provider's URL, as its discovery says it")
		}
		return
	}
	v.url("console.oidc.issuer", oidc.Issuer)
	if v.config.PublicURL == "" {
		v.problem("public_url", "is missing; the provider sends people back to it")
	}
	for _, required := range []struct{ path, value string }{
		{"console.oidc.client_id", oidc.ClientID}, {"console.oidc.client_secret", oidc.ClientSecret.Reveal()},
	} {
		if required.value == "" {
			v.problem(required.path, "is missing; the provider gives it when the console is registered there")
		}
	}
	oneOf(v, "console.oidc.claim", oidc.Claim, slices.Sorted(maps.Keys(scopesOf)))
}
