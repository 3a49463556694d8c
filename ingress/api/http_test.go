package api

import (
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/sdk/converter"

	"miniflow/order"
)

func TestWhoMayCall(t *testing.T) {
	env := openAPI(t)
	env.anOrder(order.StageAuditing)
	for name, test := range map[string]struct {
		headers []string
		method  string
		path    string
		status  int
	}{
		"no key":               {nil, "GET", orderPathOf("A-1"), http.StatusUnauthorized},
		"an empty key":         {[]string{"Bearer "}, "GET", orderPathOf("A-1"), http.StatusUnauthorized},
		"a wrong key":          {[]string{"Bearer key-of-everythinG"}, "GET", orderPathOf("A-1"), http.StatusUnauthorized},
		"another scheme":       {[]string{"Basic " + keyAll}, "GET", orderPathOf("A-1"), http.StatusUnauthorized},
		"two keys":             {[]string{"Bearer " + keyAll, "Bearer " + keyAll}, "GET", orderPathOf("A-1"), http.StatusUnauthorized},
		"the key":              {[]string{"bearer " + keyRead}, "GET", orderPathOf("A-1"), http.StatusOK},
		"another app's key":    {[]string{"Bearer " + keyOther}, "GET", orderPathOf("A-1"), http.StatusForbidden},
		"another app's list":   {[]string{"Bearer " + keyOther}, "GET", "/v1/orders?app_id=" + apiApp, http.StatusForbidden},
		"another app's counts": {[]string{"Bearer " + keyOther}, "GET", "/v1/stats?app_id=" + apiApp, http.StatusForbidden},
		"other deliveries":     {[]string{"Bearer " + keyOther}, "GET", "/v1/deliveries?app_id=" + apiApp, http.StatusForbidden},
		"reading commands":     {[]string{"Bearer " + keyRead}, "POST", orderPathOf("A-1") + "/cancel", http.StatusForbidden},
		"reading starts":       {[]string{"Bearer " + keyRead}, "POST", "/v1/orders", http.StatusForbidden},
		"writing reads":        {[]string{"Bearer " + keyWrite}, "GET", orderPathOf("A-1"), http.StatusForbidden},
		"writing has no token": {[]string{"Bearer " + keyWrite}, "POST", "/v1/mini-programs/" + apiApp + "/" + apiMini + "/token", http.StatusForbidden},
		"tokens command not":   {[]string{"Bearer " + keyToken}, "POST", orderPathOf("A-1") + "/cancel", http.StatusForbidden},
		"an app of nobody":     {[]string{"Bearer " + keyAll}, "GET", "/v1/orders/2021000000000009/A-1", http.StatusNotFound},
		"an app of nobody, to one who may not know": {
			[]string{"Bearer " + keyOther}, "GET", "/v1/orders/2021000000000009/A-1", http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			r := env.request("", test.method, test.path, "")
			r.Header["Authorization"] = test.headers
			answer := env.send(r).want(test.status)
			if got := answer.header.Get("WWW-Authenticate"); (test.status == http.StatusUnauthorized) != (got != "") {
				t.Errorf("WWW-Authenticate %q", got)
			}
		})
	}
	if env.temporal.queries != 1 {
		t.Errorf("Temporal was asked %d times, want once: the rest was refused before", env.temporal.queries)
	}
}

func TestKeyOfAnotherAppStartsNothing(t *testing.T) {
	env := openAPI(t)
	env.as(keyOther, "POST", "/v1/orders", body(nil)).want(http.StatusForbidden)
	if ids := env.temporal.orderIDs(); len(ids) > 0 {
		t.Errorf("started %v", ids)
	}
}

func TestRateLimitIsPerKey(t *testing.T) {
	env := openAPI(t, func(c *Config) { c.RequestsPerSecond = 2 })
	env.anOrder(order.StageAuditing)
	path := orderPathOf("A-1")
	for range 2 {
		env.as(keyRead, "GET", path, "").want(http.StatusOK)
	}
	if retry := env.as(keyRead, "GET", path, "").want(http.StatusTooManyRequests).header.Get("Retry-After"); retry != "1" {
		t.Errorf("Retry-After %q", retry)
	}
	env.as(keyAll, "GET", path, "").want(http.StatusOK)
	env.clock.Forward(time.Second)
	env.as(keyRead, "GET", path, "").want(http.StatusOK)
}

func TestBodiesThatAreRefusedUnread(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 1000) + strings.Repeat("]", 1000)
	for name, test := range map[string]struct {
		body        io.Reader
		contentType string
		status      int
	}{
		"too large":            {strings.NewReader(strings.Repeat(" ", 1<<20+1)), "application/json", http.StatusRequestEntityTooLarge},
		"too large, chunked":   {io.LimitReader(spaces{}, 12<<20), "application/json", http.StatusRequestEntityTooLarge},
		"as large as allowed":  {strings.NewReader("{}" + strings.Repeat(" ", 1<<20-2)), "application/json", http.StatusUnprocessableEntity},
		"too slow":             {failing{os.ErrDeadlineExceeded}, "application/json", http.StatusRequestTimeout},
		"cut off":              {failing{io.ErrUnexpectedEOF}, "application/json", http.StatusBadRequest},
		"a form":               {strings.NewReader("a=b"), "application/x-www-form-urlencoded", http.StatusUnsupportedMediaType},
		"GBK":                  {strings.NewReader("{}"), "application/json; charset=GBK", http.StatusUnsupportedMediaType},
		"half a body":          {strings.NewReader(body(nil)[:100]), "application/json", http.StatusBadRequest},
		"something after it":   {strings.NewReader(body(nil) + "{}"), "application/json", http.StatusBadRequest},
		"a list":               {strings.NewReader("[]"), "application/json", http.StatusBadRequest},
		"not UTF-8":            {strings.NewReader("{\"app_id\":\"\xd6\xd0\"}"), "application/json", http.StatusBadRequest},
		"a thousand levels":    {strings.NewReader(`{"create":` + deep + `}`), "application/json", http.StatusBadRequest},
		"100,000 levels":       {strings.NewReader(strings.Repeat(`{"a":`, 100_000)), "application/json", http.StatusBadRequest},
		"a name twice":         {strings.NewReader(`{"app_id":"1","app_id":"2"}`), "application/json", http.StatusUnprocessableEntity},
		"no body":              {nil, "", http.StatusUnprocessableEntity},
		"JSON without a label": {strings.NewReader("{}"), "", http.StatusUnprocessableEntity},
	} {
		t.Run(name, func(t *testing.T) {
			env := openAPI(t)
			r := env.request(keyAll, "POST", "/v1/orders", "")
			if test.body != nil {
				r.Body = io.NopCloser(test.body)
				r.ContentLength = -1
			}
			r.Header.Set("Content-Type", test.contentType)
			env.send(r).want(test.status)
			if ids := env.temporal.orderIDs(); len(ids) > 0 {
				t.Errorf("started %v", ids)
			}
		})
	}
	t.Run("too large by its own word", func(t *testing.T) {
		env := openAPI(t)
		r := env.request(keyAll, "POST", "/v1/orders", "")
		r.Body, r.ContentLength = io.NopCloser(failing{io.ErrClosedPipe}), 12<<20
		env.send(r).want(http.StatusRequestEntityTooLarge)
	})
	t.Run("at most the limit is read", func(t *testing.T) {
		env := openAPI(t)
		var read atomic.Int64
		r := env.request(keyAll, "POST", "/v1/orders", "")
		r.Body, r.ContentLength = io.NopCloser(io.TeeReader(spaces{}, counting{&read})), -1
		env.send(r).want(http.StatusRequestEntityTooLarge)
		if got := read.Load(); got > 1<<20+512 {
			t.Errorf("%d bytes were read", got)
		}
	})
	t.Run("a name twice is named", func(t *testing.T) {
		openAPI(t).do("POST", orderPathOf("A-1")+"/cancel", `{"reason":"a","reason":"b"}`).wantFields("reason")
	})
}

type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

type counting struct{ bytes *atomic.Int64 }

func (c counting) Write(p []byte) (int, error) {
	c.bytes.Add(int64(len(p)))
	return len(p), nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestPathsAndParameters(t *testing.T) {
	env := openAPI(t)
	env.anOrder(order.StageAuditing)
	sent := regexp.MustCompile(`yesterday|OR 1|soon|999999|%27`)
	for path, status := range map[string]int{
		"GET /v1/nothing": http.StatusNotFound,
		"GET /":           http.StatusNotFound,
		"POST " + orderPathOf("A-1") + "/explode":                     http.StatusNotFound,
		"GET " + orderPathOf("A-1") + "/../../../docs":                http.StatusNotFound,
		"DELETE " + orderPathOf("A-1"):                                http.StatusMethodNotAllowed,
		"POST " + orderPathOf("A-1"):                                  http.StatusMethodNotAllowed,
		"GET " + orderPathOf("A-1") + "/cancel":                       http.StatusMethodNotAllowed,
		"GET " + orderPathOf("nobody"):                                http.StatusNotFound,
		"GET " + orderPathOf(strings.Repeat("9", 33)):                 http.StatusUnprocessableEntity,
		"GET " + orderPathOf("a%2Fb"):                                 http.StatusUnprocessableEntity,
		"GET " + orderPathOf("A-1") + "?wait=soon":                    http.StatusUnprocessableEntity,
		"GET " + orderPathOf("A-1") + "?wait=-1s":                     http.StatusUnprocessableEntity,
		"GET " + orderPathOf("A-1") + "?after=x":                      http.StatusUnprocessableEntity,
		"GET " + orderPathOf("A-1") + "?afer=1":                       http.StatusUnprocessableEntity,
		"GET /v1/orders?limit=0":                                      http.StatusUnprocessableEntity,
		"GET /v1/orders?limit=201":                                    http.StatusUnprocessableEntity,
		"GET /v1/orders?since=yesterday":                              http.StatusUnprocessableEntity,
		"GET /v1/orders?stage=%27%20OR%201%3D1":                       http.StatusUnprocessableEntity,
		"GET /v1/orders?merchant_ref=%27%20OR%201%3D1":                http.StatusUnprocessableEntity,
		"GET /v1/orders?mini_app_id=%27":                              http.StatusUnprocessableEntity,
		"GET /v1/orders?app_id=%27%20OR%20%27%27%3D%27":               http.StatusNotFound,
		"GET /v1/deliveries?state=gone":                               http.StatusUnprocessableEntity,
		"GET /v1/mini-programs/" + apiApp + "/%27":                    http.StatusUnprocessableEntity,
		"GET /v1/mini-programs/" + apiApp + "/" + apiMini:             http.StatusNotFound,
		"POST /v1/mini-programs/" + apiApp + "/" + apiMini + "/token": http.StatusNotFound,
	} {
		t.Run(path, func(t *testing.T) {
			method, target, _ := strings.Cut(path, " ")
			answer := env.do(method, target, "").want(status)
			if value := sent.FindString(answer.text); value != "" {
				t.Errorf("the answer repeats the value %q: %s", value, answer.text)
			}
			if allow := answer.header.Get("Allow"); (status == http.StatusMethodNotAllowed) != (allow != "") {
				t.Errorf("Allow %q", allow)
			}
		})
	}
	if len(env.temporal.lists) > 0 {
		t.Errorf("visibility was asked %v", env.temporal.lists)
	}
}

// panicking panics in the middle of a call.
type panicking struct{ Temporal }

func (panicking) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	panic("canary-in-a-panic")
}

func TestPanicIsAnswered(t *testing.T) {
	env := openAPI(t, func(c *Config) { c.Temporal = panicking{c.Temporal} })
	env.do("GET", "/v1/mini-programs/"+apiApp+"/"+apiMini, "").want(http.StatusInternalServerError)
	if log := env.log.String(); strings.Contains(log, "canary-in-a-panic") || !strings.Contains(log, "a handler of the REST API failed") {
		t.Errorf("the log says %s", log)
	}
}

func TestOneRecordForEachRequest(t *testing.T) {
	env := openAPI(t)
	r := env.request(keyRead, "GET", "/v1/orders/"+apiApp+"/A%0a%1b[31m", "")
	env.send(r).want(http.StatusUnprocessableEntity)
	log := env.log.String()
	want := `"method":"GET","route":"/v1/orders/{app_id}/{out_order_no}","status":422,"caller":"name of key-that-reads"`
	if !strings.Contains(log, want) || strings.Count(log, "\n") != 1 || strings.Contains(log, "31m") {
		t.Errorf("the log says %s", log)
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	for name, spoil := range map[string]func(*Config){
		"no Temporal":      func(c *Config) { c.Temporal = nil },
		"no namespace":     func(c *Config) { c.Namespace = "" },
		"no sealer":        func(c *Config) { c.Sealer = nil },
		"no app":           func(c *Config) { c.Apps = nil },
		"no key":           func(c *Config) { c.Keys = nil },
		"a nameless key":   func(c *Config) { c.Keys[0].Name = "" },
		"a key of nothing": func(c *Config) { c.Keys[0].Digest = sha256.Sum256(nil) },
		"a key not set":    func(c *Config) { c.Keys[0].Digest = [32]byte{} },
		"a UI nowhere":     func(c *Config) { c.Links.UI = "localhost" },
	} {
		t.Run(name, func(t *testing.T) {
			var spoiled Config
			openAPI(t, func(c *Config) {
				spoiled = *c
				spoiled.Keys = append([]Key{}, c.Keys...)
			})
			spoil(&spoiled)
			if _, err := New(spoiled); err == nil {
				t.Error("it was taken")
			}
		})
	}
}
