package api

import (
	"net/http"
	"strings"
	"testing"
)

// Half of a surrogate pair once became U+FFFD silently, and PostgreSQL's JSONB would have
// refused it later.
func TestALoneSurrogateIsRefusedByItsField(t *testing.T) {
	for where, test := range map[string]struct{ from, to, field string }{
		"a high one":          {`"A-1"`, `"A\ud83d-1"`, "out_order_no"},
		"a low one":           {`shop-7`, `shop-\udc00`, "merchant_ref"},
		"the wrong way round": {`shop-7`, `shop-\udc00\ud83d`, "merchant_ref"},
		"two high ones":       {`shop-7`, `shop-\ud83d\ud83d\ude00`, "merchant_ref"},
		"in Alipay's fields":  {`金丝雀咖啡`, `咖啡\uD83D`, "create.app_name"},
		"in a list":           {`"extEnable":true`, `"list":["ok","\ud83d"]`, "version.ext.list[1]"},
		"in a name":           {`"extEnable":true`, `"a\ud83d":1`, "version.ext"},
		"before a quote":      {`shop-7`, `\\\ud83d\"`, "merchant_ref"},
	} {
		t.Run(where, func(t *testing.T) {
			sent := strings.Replace(body(nil), test.from, test.to, 1)
			if sent == body(nil) {
				t.Fatal("nothing is wrong with this body")
			}
			answer := openAPI(t).do("POST", "/v1/orders", sent).want(http.StatusUnprocessableEntity)
			if !strings.Contains(answer.text, `"field":"`+test.field+`"`) || !strings.Contains(answer.text, "other half") {
				t.Errorf("answered %s", answer.text)
			}
		})
	}
	// A whole pair, and what only looks like half of one, are ordinary text.
	whole := strings.Replace(body(nil), `A first version`, `\ud83d\ude00 and \\ud83d version`, 1)
	openAPI(t).do("POST", "/v1/orders", whole).want(http.StatusCreated)
}

func TestCharsetUTF8IsUTF8(t *testing.T) {
	for contentType, status := range map[string]int{
		"application/json; charset=utf8": http.StatusCreated, "application/json; charset=UTF8": http.StatusCreated,
		"application/json;charset=utf-8": http.StatusCreated, "application/json; charset=gbk": http.StatusUnsupportedMediaType,
		"application/json; charset=utf-16": http.StatusUnsupportedMediaType,
	} {
		env := openAPI(t)
		r := env.request(keyAll, "POST", "/v1/orders", body(nil))
		r.Header.Set("Content-Type", contentType)
		if answer := env.send(r); answer.status != status {
			t.Errorf("%s: status %d, want %d", contentType, answer.status, status)
		}
	}
}

// A filter that isn't UTF-8 was once a 500, because no store could look for it.
func TestAQueryThatIsNoTextIsRefused(t *testing.T) {
	env := openAPI(t)
	env.do("GET", "/v1/orders?merchant_ref=%ff", "").wantFields("query.merchant_ref")
	env.do("GET", "/v1/orders?app_id=%ed%a0%80", "").wantFields("query.app_id")
}
