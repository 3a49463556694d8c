package people

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"miniflow/internal/seal"
	"miniflow/words"
)

// openOIDC is a door with a provider, of which a claim says who somebody is.
func openOIDC(t *testing.T, claim string) (*door, *provider) {
	t.Helper()
	d, p := openDoor(t), newProvider(t)
	d.write(two + `  - {name: b, roles: [viewer], apps: ["*"], oidc: operator@example.com}` + "\n" + `  - {name: c, roles: [viewer], apps: ["*"], oidc: user-1}` + "\n")
	var err error
	d.handler.OIDC, err = NewOIDC(OIDCOptions{
		Issuer: p.server.URL, ClientID: "miniflow", ClientSecret: "its secret", Claim: claim, Name: "公司登录", Scopes: []string{"email"},
		PublicURL: "https://console.example.com", Ring: ring(t, 1), Now: d.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	return d, p
}

// start goes to the provider, and returns what it was asked.
func (d *door) start(b *browser, p *provider, next string) url.Values {
	d.t.Helper()
	w := d.do(b, b.request("GET", OIDCStartPath+"?next="+url.QueryEscape(next), ""))
	at, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code != http.StatusSeeOther || !strings.HasPrefix(at.String(), p.server.URL+"/authorize?") {
		d.t.Fatalf("%d %v", w.Code, w.Header())
	}
	p.asked = at.Query()
	p.claims = p.identity(p.asked.Get("nonce"))
	return p.asked
}

// finish comes back from it.
func (d *door) finish(b *browser, query url.Values) *httptest.ResponseRecorder {
	r := b.request("GET", OIDCCallbackPath+"?"+query.Encode(), "")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	return d.do(b, r)
}

func answered(asked url.Values) url.Values {
	return url.Values{"code": {"the code"}, "state": {asked.Get("state")}}
}

func TestACompanyVouchesForItsPeople(t *testing.T) {
	for claim, name := range map[string]string{ClaimSubject: "auditor-1", ClaimEmail: "b", ClaimUsername: "c"} {
		d, p := openOIDC(t, claim)
		b := newBrowser()
		asked := d.start(b, p, "/console/orders?q=x")
		for key, want := range map[string]string{
			"response_type": "code", "client_id": "miniflow", "scope": "openid email", "code_challenge_method": "S256",
			"redirect_uri": "https://console.example.com/console/oidc/callback",
		} {
			if asked.Get(key) != want {
				t.Errorf("%s is %q", key, asked.Get(key))
			}
		}
		w := d.finish(b, answered(asked))
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/console/orders?q=x" {
			t.Fatalf("%s: %d %+v %s", claim, w.Code, d.pages, d.log.String())
		}
		if entry := d.last(); entry.Event != EventLogIn || entry.Name != name || entry.Way != WayOIDC {
			t.Errorf("%+v", entry)
		}
		if session, in := d.of(b); !in || session.Name != name || session.Way != WayOIDC {
			t.Errorf("%+v %v", session, in)
		}
		if b.cookies["__Host-miniflow-oidc"] != nil {
			t.Error("the cookie of the way there is still kept")
		}
	}
}

// TestWhatAProviderGetsWrongLetsNobodyIn: each in an answer that is right but for that.
func TestWhatAProviderGetsWrongLetsNobodyIn(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(p *provider)
		says  string
	}{
		"another nonce":    {func(p *provider) { p.claims["nonce"] = "x" }, "another log-in"},
		"no nonce":         {func(p *provider) { delete(p.claims, "nonce") }, "another log-in"},
		"another audience": {func(p *provider) { p.claims["aud"] = "another" }, "does not verify"},
		"for another of two": {func(p *provider) {
			p.claims["aud"], p.claims["azp"] = []string{"miniflow", "another"}, "another"
		}, "another program"},
		"expired":          {func(p *provider) { p.claims["exp"] = begin.Add(-time.Second).Unix() }, "does not verify"},
		"no expiry":        {func(p *provider) { delete(p.claims, "exp") }, "does not verify"},
		"another issuer":   {func(p *provider) { p.claims["iss"] = "https://elsewhere.example" }, "does not verify"},
		"alg none":         {func(p *provider) { p.alg = "none" }, "does not verify"},
		"alg HS256":        {func(p *provider) { p.alg = "HS256" }, "does not verify"},
		"another key":      {func(p *provider) { p.signer = strangersKey() }, "does not verify"},
		"no token":         {func(p *provider) { p.noToken = true }, "no id_token"},
		"unverified email": {func(p *provider) { p.claims["email_verified"] = false }, "not verified"},
		"email of unknown": {func(p *provider) { delete(p.claims, "email_verified") }, "not verified"},
		"no email":         {func(p *provider) { delete(p.claims, "email") }, "no claim email"},
		"a long email":     {func(p *provider) { p.claims["email"] = strings.Repeat("x", mostClaim+1) }, "no claim email"},
		"email is a list":  {func(p *provider) { p.claims["email"] = []string{"operator@example.com"} }, "can't be read"},
	} {
		t.Run(name, func(t *testing.T) {
			d, p := openOIDC(t, ClaimEmail)
			b := newBrowser()
			asked := d.start(b, p, "")
			test.spoil(p)
			w := d.finish(b, answered(asked))
			if w.Code != http.StatusForbidden || !strings.Contains(d.said(), test.says) || len(b.cookies) != 0 {
				t.Fatalf("%d %s %v %s", w.Code, d.said(), b.cookies, d.log.String())
			}
			if entry := d.last(); entry.Event != EventRefused || entry.Reason != ReasonProvider || entry.Name != "" {
				t.Errorf("%+v", entry)
			}
		})
	}
}

func TestAnAddressVerifiedInWordsCounts(t *testing.T) {
	d, p := openOIDC(t, ClaimEmail)
	b := newBrowser()
	asked := d.start(b, p, "")
	p.claims["email_verified"] = "true"
	if w := d.finish(b, answered(asked)); w.Code != http.StatusSeeOther {
		t.Errorf("%d %s", w.Code, d.said())
	}
}

func TestAnAnswerFitsItsQuestion(t *testing.T) {
	for name, change := range map[string]func(d *door, b *browser, query url.Values){
		"another state":   func(_ *door, _ *browser, query url.Values) { query.Set("state", "x") },
		"no state":        func(_ *door, _ *browser, query url.Values) { query.Del("state") },
		"another browser": func(_ *door, b *browser, _ url.Values) { clear(b.cookies) },
		"too late":        func(d *door, _ *browser, _ url.Values) { d.pass(flowLife) },
		"a session's cookie": func(d *door, b *browser, _ url.Values) {
			b.cookies["__Host-miniflow-oidc"] = sent("__Host-miniflow-oidc", d.loggedIn().cookies["__Host-miniflow-console"].Value)
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, p := openOIDC(t, ClaimSubject)
			b := newBrowser()
			query := answered(d.start(b, p, ""))
			change(d, b, query)
			if w := d.finish(b, query); w.Code != http.StatusBadRequest || len(b.cookies) != 0 {
				t.Errorf("%d %s", w.Code, d.said())
			}
		})
	}
}

func TestAnAnswerCountsOnce(t *testing.T) {
	d, p := openOIDC(t, ClaimSubject)
	b := newBrowser()
	query := answered(d.start(b, p, ""))
	d.finish(b, query)
	if w := d.finish(b, query); w.Code != http.StatusBadRequest {
		t.Errorf("again: %d", w.Code)
	}
}

func TestAnotherProvidersAnswerIsNoAnswer(t *testing.T) {
	d, p := openOIDC(t, ClaimSubject)
	b := newBrowser()
	query := answered(d.start(b, p, ""))
	query.Set("iss", "https://elsewhere.example")
	if w := d.finish(b, query); w.Code != http.StatusForbidden || !strings.Contains(d.said(), "another provider") {
		t.Errorf("%d %s", w.Code, d.said())
	}
	query = answered(d.start(b, p, ""))
	query.Set("iss", p.server.URL)
	if w := d.finish(b, query); w.Code != http.StatusSeeOther {
		t.Errorf("its own: %d %s", w.Code, d.said())
	}
}

// TestSomebodyUnknownIsToldWhatToAskFor: with what their own company calls them, which nobody else
// sees.
func TestSomebodyUnknownIsToldWhatToAskFor(t *testing.T) {
	d, p := openOIDC(t, ClaimSubject)
	b := newBrowser()
	asked := d.start(b, p, "")
	p.claims["sub"] = "<script>sub-9"
	w := d.finish(b, answered(asked))
	if w.Code != http.StatusForbidden || len(b.cookies) != 0 || !strings.Contains(d.said(), "公司登录 knows you as <script>sub-9") {
		t.Errorf("%d %s", w.Code, d.said())
	}
	if entry := d.last(); entry.Reason != ReasonUnknown || strings.Contains(fmt.Sprint(entry, d.log.String()), "sub-9") {
		t.Errorf("%+v %s", entry, d.log.String())
	}
	if d.pages[0].Provider != "公司登录" {
		t.Error("the way in is not offered again")
	}
}

func TestAProviderThatIsDownIsSaidAndAskedAgain(t *testing.T) {
	d, p := openOIDC(t, ClaimSubject)
	b := newBrowser()
	p.down = true
	w := d.do(b, b.request("GET", OIDCStartPath, ""))
	if w.Code != http.StatusBadGateway || !strings.Contains(d.said(), "公司登录 can't be reached now") || strings.Contains(d.said(), "backend-7") {
		t.Errorf("%d %s", w.Code, d.said())
	}
	p.down = false
	query := answered(d.start(b, p, ""))
	p.down = true
	d.log.Reset()
	if w := d.finish(b, query); w.Code != http.StatusBadGateway || strings.Contains(d.log.String(), "backend-7") {
		t.Errorf("down at the answer: %d %s", w.Code, d.said())
	}
	p.down = false
	if w := d.finish(b, answered(d.start(b, p, ""))); w.Code != http.StatusSeeOther {
		t.Errorf("up again: %d %s", w.Code, d.said())
	}
}

func TestAProviderThatRefusesIsSaidInItsCodeAlone(t *testing.T) {
	d, p := openOIDC(t, ClaimSubject)
	b := newBrowser()
	asked := d.start(b, p, "")
	refused := url.Values{"state": {asked.Get("state")}, "error": {"access_denied"}, "error_description": {"a canary of the provider"}}
	if w := d.finish(b, refused); w.Code != http.StatusForbidden || !strings.Contains(d.said(), "(access_denied)") || strings.Contains(d.said(), "canary") {
		t.Errorf("%d %s", w.Code, d.said())
	}
	asked = d.start(b, p, "")
	refused = url.Values{"state": {asked.Get("state")}, "error": {"<b>call 555"}}
	if d.finish(b, refused); !strings.Contains(d.said(), "(error)") {
		t.Error(d.said())
	}
	query := answered(d.start(b, p, ""))
	p.refuses = "invalid_client"
	if w := d.finish(b, query); w.Code != http.StatusForbidden || strings.Contains(d.log.String(), "canary") || !strings.Contains(d.log.String(), "invalid_client") {
		t.Errorf("%d %s", w.Code, d.log.String())
	}
}

// TestAnIssuerThatIsNotItselfIsRefused: discovery has to name the issuer that is configured.
func TestAnIssuerThatIsNotItselfIsRefused(t *testing.T) {
	d, p := openOIDC(t, ClaimSubject)
	p.issuer = "https://elsewhere.example"
	b := newBrowser()
	if w := d.do(b, b.request("GET", OIDCStartPath, "")); w.Code != http.StatusBadGateway {
		t.Errorf("%d", w.Code)
	}
}

func TestTheWayThereIsSealed(t *testing.T) {
	d, p := openOIDC(t, ClaimSubject)
	b := newBrowser()
	asked := d.start(b, p, "/console/x")
	kept := b.cookies["__Host-miniflow-oidc"]
	if !kept.HttpOnly || !kept.Secure || kept.SameSite != http.SameSiteLaxMode || kept.MaxAge != 600 || strings.Contains(kept.Value, asked.Get("nonce")) {
		t.Errorf("%+v", kept)
	}
	again := d.start(b, p, "/console/x")
	for _, once := range []string{"state", "nonce", "code_challenge"} {
		if asked.Get(once) == again.Get(once) || len(again.Get(once)) < 32 {
			t.Errorf("%s is the same twice, or short", once)
		}
	}
	if _, err := NewOIDC(OIDCOptions{Claim: ClaimSubject, Ring: seal.None()}); err == nil {
		t.Error("`sealing: none` was taken")
	}
	if _, err := NewOIDC(OIDCOptions{Claim: "name", Ring: ring(t, 1)}); err == nil {
		t.Error("any claim was taken")
	}
}

func TestALockedAccountMayComeByOIDC(t *testing.T) {
	d, p := openOIDC(t, ClaimSubject)
	d.write(strings.Replace(two, "roles: [operator]", "oidc: sub-2, roles: [operator]", 1))
	for range TriesPerAccount {
		d.refusal("operator-1", "guessed", "192.0.2.1")
	}
	b := newBrowser()
	asked := d.start(b, p, "")
	p.claims["sub"] = "sub-2"
	if w := d.finish(b, answered(asked)); w.Code != http.StatusSeeOther {
		t.Errorf("%d %s", w.Code, d.said())
	}
	if zh := words.New("the id_token is of another log-in").In(words.Chinese); zh != "id_token 属于另一次登录" {
		t.Error(zh)
	}
}
