package config

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// console is a change of the whole configuration: with these settings of the console in it.
func console(settings string) []string {
	return []string{"listen:", "console: {" + settings + "}\nlisten:"}
}

const provider = `people_file: /p, oidc: {issuer: "https://sso.example.com/realms/x", client_id: miniflow, client_secret: canary`

func TestProblemsOfTheConsole(t *testing.T) {
	check(t, map[string]problem{
		"relative":              {console("people_file: people.yaml"), "miniflow.yaml:1: console.people_file: has to be an absolute path"},
		"groups and no people":  {console(`merchant_groups: {a: ["*"]}`), "console.people_file: is missing, so there is no console"},
		"idle at once":          {console("people_file: /p, idle: 59s"), "console.idle: has to be between 1m0s and 12h0m0s"},
		"idle never":            {console("people_file: /p, idle: 13h"), "console.idle: has to be between"},
		"an empty group":        {console("people_file: /p, merchant_groups: {a: []}"), "console.merchant_groups.a: is empty"},
		"a star in the middle":  {console(`people_file: /p, merchant_groups: {a: ["hz-*-x"]}`), "console.merchant_groups.a: has to list merchant_refs"},
		"two stars":             {console(`people_file: /p, merchant_groups: {a: ["hz**"]}`), "has to list merchant_refs"},
		"no merchant":           {console(`people_file: /p, merchant_groups: {a: [""]}`), "has to list merchant_refs"},
		"a group without name":  {console(`people_file: /p, merchant_groups: {"a b": ["x"]}`), "has to have a name"},
		"a proxy by name":       {console("people_file: /p, trusted_proxies: [proxy]"), "console.trusted_proxies: has to be addresses"},
		"no issuer":             {console("people_file: /p, oidc: {client_id: x}"), "console.oidc.issuer: is missing"},
		"no public url":         {console(provider + "}"), "public_url: is missing; the provider sends people back to it"},
		"issuer in clear":       {public(`people_file: /p, oidc: {issuer: "http://sso.example.com", client_id: a, client_secret: b}`), "console.oidc.issuer: has to be https"},
		"no client":             {public(`people_file: /p, oidc: {issuer: "https://sso.example.com", client_secret: b}`), "console.oidc.client_id: is missing"},
		"no secret":             {public(`people_file: /p, oidc: {issuer: "https://sso.example.com", client_id: a}`), "console.oidc.client_secret: is missing"},
		"another claim":         {public(provider + ", claim: name}"), "console.oidc.claim: has to be one of [email preferred_username sub]"},
		"a path of the console": {[]string{"listen:", "notify_path: /console/notify\nlisten:"}, "none of the API's own"},
		"OIDC without people":   {public(`oidc: {issuer: "https://sso.example.com", client_id: a, client_secret: b}`), "console.people_file: is missing"},
	})
}

func public(settings string) []string {
	return []string{"listen:", "public_url: https://miniflow.example.com\nconsole: {" + settings + "}\nlisten:"}
}

// TestNoConsoleWithoutASealingKey: its cookies could be made by anybody.
func TestNoConsoleWithoutASealingKey(t *testing.T) {
	none := []string{"sealing:\n  keys:\n    - id: 2026-11\n      key: " + sealingKey(), "sealing: none"}
	check(t, map[string]problem{
		"none": {append(console("people_file: /p"), none...), "console.people_file: needs a sealing key: with `sealing: none` anybody could make the cookie"},
	})
	newBundle(t).mustLoad(whole(none...))
}

func TestTheConsoleIsRead(t *testing.T) {
	got := newBundle(t).mustLoad(whole(public(provider + `}, idle: 10m, merchant_groups: {杭州: ["hz-*", shop-1]}, trusted_proxies: [10.0.0.7, 10.1.0.9/16]`)...)).Console
	if !got.On() || got.Idle.Std() != 10*time.Minute || !slices.Equal(got.MerchantGroups["杭州"], []string{"hz-*", "shop-1"}) {
		t.Errorf("%+v", got)
	}
	wanted := []netip.Prefix{netip.MustParsePrefix("10.0.0.7/32"), netip.MustParsePrefix("10.1.0.0/16")}
	if !slices.Equal(got.Proxies(), wanted) {
		t.Error(got.Proxies())
	}
	want := OIDC{Issuer: "https://sso.example.com/realms/x", ClientID: "miniflow", ClientSecret: "canary", Claim: "email", Name: "sso.example.com", Scopes: []string{"email"}}
	if diff := cmp.Diff(want, got.OIDC); diff != "" {
		t.Error(diff)
	}
	for claim, scopes := range scopesOf {
		got := newBundle(t).mustLoad(whole(public(provider + ", name: 公司, claim: " + claim + "}")...)).Console.OIDC
		if !slices.Equal(got.Scopes, scopes) || got.Name != "公司" {
			t.Errorf("%s: %+v", claim, got)
		}
	}
	if Defaults().Console.On() || Defaults().Console.OIDC.On() {
		t.Error("a console that nobody asked for")
	}
}
