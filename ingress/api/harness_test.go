package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/ingress/api/problem"
	"miniflow/ingress/internal/ingresstest"
	"miniflow/internal/seal"
	"miniflow/order"
	"miniflow/temporalio"
)

const (
	apiApp      = "2021000000000001"
	apiOtherApp = "2021000000000002"
	apiMini     = "2021999999999999"

	keyAll   = "key-of-everything"
	keyRead  = "key-that-reads"
	keyWrite = "key-that-writes"
	keyToken = "key-for-tokens"
	keyOther = "key-of-the-other-app"
)

var apiStart = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)

// apiEnv is the REST API on a fake Temporal.
type apiEnv struct {
	t        testing.TB
	api      *API
	temporal *apiTemporal
	tokens   *apiAlipay
	ring     *seal.Ring
	log      *ingresstest.Buffer
	clock    *ingresstest.Clock
	// within is how long callers wait; zero is for ever.
	within time.Duration
}

// openAPI makes the API; options change its configuration.
func openAPI(t testing.TB, options ...func(*Config)) *apiEnv {
	t.Helper()
	env := &apiEnv{t: t, temporal: newAPITemporal(), tokens: &apiAlipay{}, ring: ingresstest.Ring(t), log: &ingresstest.Buffer{}, clock: ingresstest.NewClock(apiStart)}
	config := Config{
		Temporal: env.temporal, Namespace: "default", Sealer: env.ring,
		Apps: []App{
			{ID: apiApp, Tokens: env.tokens},
			{ID: apiOtherApp, Tokens: env.tokens},
		},
		Keys: []Key{
			testKey(keyAll, "*", Scopes()...), testKey(keyRead, apiApp, APIScopeRead), testKey(keyWrite, apiApp, APIScopeWrite),
			testKey(keyToken, apiApp, APIScopeToken), testKey(keyOther, apiOtherApp, Scopes()...),
		},
		Schedules: order.DefaultSchedules(), Links: temporalio.Links{UI: "http://127.0.0.1:8233/", Namespace: "default",
			RedirectURIs: map[string]string{apiApp: "https://isv.example/back?a=1&b=2"}}, RequestsPerSecond: 1e6,
		Now: env.clock.Now, Log: slog.New(slog.NewJSONHandler(env.log, nil)), Drift: apiDrift{},
	}
	for _, option := range options {
		option(&config)
	}
	var err error
	if env.api, err = New(config); err != nil {
		t.Fatal(err)
	}
	return env
}

func testKey(key, apps string, scopes ...Scope) Key {
	return Key{Name: "name of " + key, Digest: sha256.Sum256([]byte(key)), Apps: []string{apps}, Scopes: scopes, Backend: true}
}

// apiAnswer is the answer that a caller gets.
type apiAnswer struct {
	t      testing.TB
	status int
	header http.Header
	text   string
}

// do calls the API with the key that has every scope.
func (s *apiEnv) do(method, path, body string) *apiAnswer { return s.as(keyAll, method, path, body) }

func (s *apiEnv) as(key, method, path, body string) *apiAnswer {
	return s.send(s.request(key, method, path, body))
}

func (s *apiEnv) request(key, method, path, body string) *http.Request {
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	ctx := s.t.Context()
	if s.within > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.within)
		s.t.Cleanup(cancel)
	}
	r := httptest.NewRequestWithContext(ctx, method, path, content)
	r.Header.Set("Authorization", "Bearer "+key)
	return r
}

func (s *apiEnv) send(r *http.Request) *apiAnswer {
	w := httptest.NewRecorder()
	s.api.ServeHTTP(w, r)
	return &apiAnswer{t: s.t, status: w.Code, header: w.Header(), text: w.Body.String()}
}

// read decodes the answer.
func read[T any](a *apiAnswer) T {
	a.t.Helper()
	var value T
	if err := json.Unmarshal([]byte(a.text), &value); err != nil {
		a.t.Fatalf("the answer %q can't be read: %v", a.text, err)
	}
	return value
}

// want checks the status, and the form of a problem.
func (a *apiAnswer) want(status int) *apiAnswer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.text)
	}
	if status < http.StatusBadRequest {
		return a
	}
	p := read[problem.Problem](a)
	if got := a.header.Get("Content-Type"); got != problem.MediaType {
		a.t.Errorf("a problem has the content type %q, want %q", got, problem.MediaType)
	}
	if p.Title.String() == "" || !slices.Contains(problem.URIs(), p.Type) || p.Status != status || len(p.Detail.String()) < 20 {
		a.t.Errorf("a problem without title, status or a detail that helps: %s", a.text)
	}
	if status == http.StatusUnprocessableEntity && len(p.Errors) == 0 {
		a.t.Errorf("a 422 that names no field: %s", a.text)
	}
	return a
}

// wantFields checks a 422 for exactly these fields.
func (a *apiAnswer) wantFields(fields ...string) {
	a.t.Helper()
	a.want(http.StatusUnprocessableEntity)
	var named []string
	for _, bad := range read[problem.Problem](a).Errors {
		if bad.Message.String() == "" {
			a.t.Errorf("%s is named without a word what to do", bad.Field)
		}
		named = append(named, bad.Field)
	}
	slices.Sort(fields)
	if !slices.Equal(named, fields) {
		a.t.Errorf("named\n  %q, want\n  %q", named, fields)
	}
}

// apiAlipay is a fake of Alipay's calls about tokens.
type apiAlipay struct {
	status   gateway.TokenStatus
	tokens   []gateway.AppToken
	err      error
	asked    []string
	exchange []string
}

func (a *apiAlipay) QueryToken(_ context.Context, token alipay.Secret) (gateway.TokenStatus, error) {
	a.asked = append(a.asked, token.Reveal())
	return a.status, a.err
}

func (a *apiAlipay) ExchangeCode(_ context.Context, code alipay.Secret) ([]gateway.AppToken, error) {
	a.exchange = append(a.exchange, code.Reveal())
	return a.tokens, a.err
}

// body returns a complete formal order with changes, by path. A nil removes a field.
func body(changes map[string]any) string {
	whole := map[string]any{
		"app_id": apiApp, "out_order_no": "A-1", "kind": "formal", "merchant_ref": "shop-7", "shop_name": "巷口小面",
		"create": map[string]any{
			"alipay_account": "canary@example.com", "app_name": "金丝雀咖啡", "cert_name": "杭州金丝雀餐饮有限公司",
			"cert_no": "91330100CANARY799Y", "contact_name": "张三丰", "contact_phone": "13800138000", "legal_personal_name": "李四光",
			"license_pic": map[string]any{"url": "https://isv.example/licence.png", "sha256": strings.Repeat("ab", 32)},
		},
		"version": map[string]any{"template_id": "2021000000000888", "ext": map[string]any{"extEnable": true, "n": 1}},
		"submission": map[string]any{
			"version_desc": "A first version with everything that a guest of the shop needs.", "region_type": "CHINA",
			"auto_online": false, "speed_up": false, "files": map[string]any{
				"app_logo": map[string]any{"url": "https://isv.example/logo.png", "sha256": strings.Repeat("0f", 32)},
			},
		},
	}
	for path, value := range changes {
		at, names := whole, strings.Split(path, ".")
		for _, name := range names[:len(names)-1] {
			next, ok := at[name].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[name] = next
			}
			at = next
		}
		if last := names[len(names)-1]; value == nil {
			delete(at, last)
		} else {
			at[last] = value
		}
	}
	text, err := json.Marshal(whole)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// orderPathOf returns the path of an order of the first app.
func orderPathOf(outOrderNo string) string { return "/v1/orders/" + apiApp + "/" + outOrderNo }

// anOrder adds the order A-1 in this stage.
func (s *apiEnv) anOrder(stage order.Stage, changes ...func(*order.View)) *apiFlow {
	view := order.View{
		AppID: apiApp, OutOrderNo: "A-1", Kind: order.KindFormal, Stage: stage, Sequence: 5, CreatedAt: apiStart, StageSince: apiStart,
	}
	for _, change := range changes {
		change(&view)
	}
	return s.temporal.add(view, order.Request{AppID: apiApp, OutOrderNo: "A-1", Kind: order.KindFormal})
}
