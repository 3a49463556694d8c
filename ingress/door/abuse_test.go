package door

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
	"miniflow/ingress"
)

// What strangers send instead of messages. Each row posts its bytes to a door on a real port
// and states their cost; none of them reaches Temporal, and the genuine message that follows
// them does.

// abuse is a request that has to be refused.
type abuse struct {
	row    string
	sent   string
	answer string
	reason notify.Reason
	checks float64 // RSA operations
}

func TestAbuse(t *testing.T) {
	var rows []abuse
	for _, some := range []func(*testing.T) []abuse{abusedSignatures, abusedRequests, abusedForms, abusedApps} {
		rows = append(rows, some(t)...)
	}
	genuine := closing(confirmed().with("notify_id", "after").signed(t, doorKeys().alipay))
	for _, c := range rows {
		t.Run(c.row, func(t *testing.T) {
			s := openDoor(t, newDoorTemporal(orderOne))
			address := serveDoor(t, s, ingress.DefaultPatience())
			if diff := cmp.Diff([]string{c.answer}, exchange(t, address, c.sent)); diff != "" {
				t.Error(diff)
			}
			if got := s.metric("miniflow_door_refusals_total", "http", string(c.reason)); got != 1 {
				t.Errorf("not counted as %s: %v", c.reason, s.log)
			}
			if got := s.metric("miniflow_door_signature_checks_total"); got != c.checks {
				t.Errorf("%v RSA operations, want %v", got, c.checks)
			}
			if calls := s.temporal.operations(); len(calls) != 0 {
				t.Errorf("Temporal was asked for %v", calls)
			}
			wantAccepted(t, address, genuine)
		})
	}
}

// inBody replaces one spelling in the body of a genuine message.
func inBody(t *testing.T, from, to string) []byte {
	t.Helper()
	genuine := confirmed().signed(t, doorKeys().alipay)
	altered := bytes.Replace(genuine, []byte(from), []byte(to), 1)
	if bytes.Equal(altered, genuine) {
		t.Fatalf("%q is not in the body", from)
	}
	return altered
}

func abusedSignatures(t *testing.T) []abuse {
	genuine := confirmed().signed(t, doorKeys().alipay)
	form, err := url.ParseQuery(string(genuine))
	if err != nil {
		t.Fatal(err)
	}
	good := form.Get("sign")
	raw, err := base64.StdEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)/2] ^= 1
	signed := func(sign string) string {
		return closing(confirmed().with("sign_type", "RSA2").with("sign", sign).encode())
	}
	malformed, wrong := notify.ReasonBadSignEncoding, notify.ReasonBadSignature
	return []abuse{
		{"X1 SHA-1 with a valid signature", closing(confirmed().signedSHA1(t, doorKeys().alipay)), "403 fail", notify.ReasonSignTypeNotAllowed, 0},
		{"X1 SHA-256 relabelled as SHA-1", closing(inBody(t, "sign_type=RSA2", "sign_type=RSA")), "403 fail", notify.ReasonSignTypeNotAllowed, 0},
		{"X1 no algorithm at all", closing(inBody(t, "sign_type=RSA2", "sign_type=none")), "403 fail", notify.ReasonSignTypeNotAllowed, 0},
		{"X5 no signature", closing(confirmed().encode()), "403 fail", notify.ReasonMissingSign, 0},
		{"X5 an empty signature", signed(""), "403 fail", notify.ReasonMissingSign, 0},
		{"X5 a signature that is no base64", signed("***"), "403 fail", malformed, 0},
		{"X5 base64 of the other alphabet", signed(strings.NewReplacer("+", "-", "/", "_").Replace(good) + "_"), "403 fail", malformed, 0},
		{"X5 base64 without its padding", signed(strings.TrimRight(good, "=")), "403 fail", malformed, 0},
		{"X5 plus that became space", signed(strings.Replace(good+"+", "+", " ", 1)), "403 fail", malformed, 0},
		{"X5 a signature of 64 kB", signed(strings.Repeat("A", 64<<10)), "403 fail", malformed, 0},
		{"X5 a signature of another size", signed("QUJDRA=="), "403 fail", wrong, 0},
		{"X5 one bit off", signed(base64.StdEncoding.EncodeToString(raw)), "403 fail", wrong, 2},
		{"X5 another's key", closing(confirmed().signed(t, doorKeys().other)), "403 fail", wrong, 2},
		{"X5 eight candidate texts and no more", closing(confirmed().with("alipay_cert_sn", "00").with("empty", "").signed(t, doorKeys().other)), "403 fail", notify.ReasonUnknownCertificate, 8},
		{"X8 an altered notify_id", closing(inBody(t, "notify_id=n-", "notify_id=m-")), "403 fail", wrong, 2},
		{"X8 another content under the same id", closing(inBody(t, "AGREED", "REJECT")), "403 fail", wrong, 2},
		{"X8 notify_id taken out", closing(inBody(t, "notify_id=", "x=")), "403 fail", wrong, 2},
	}
}

func abusedRequests(t *testing.T) []abuse {
	genuine := string(confirmed().signed(t, doorKeys().alipay))
	to := func(method, query, body string) string {
		return strings.Replace(closing([]byte(body)), "POST /alipay/notify", method+" /alipay/notify?"+query, 1)
	}
	typed := func(contentType string) string {
		return strings.Replace(closing([]byte(genuine)), "application/x-www-form-urlencoded", contentType, 1)
	}
	unsigned := string(confirmed().encode())
	_, sign, _ := strings.Cut(genuine, "&sign=")
	return []abuse{
		{"X2 all parameters in the query string", to("POST", genuine, ""), "400 fail", notify.ReasonMissingAppID, 0},
		{"X2 a signature only in the query string", to("POST", "sign="+sign, unsigned), "403 fail", notify.ReasonMissingSign, 0},
		{"X2 GET", to("GET", genuine, ""), "405 fail", ReasonMethod, 0},
		{"X2 GET with a genuine body", to("GET", "", genuine), "405 fail", ReasonMethod, 0},
		{"X2 PUT", to("PUT", "", genuine), "405 fail", ReasonMethod, 0},
		{"X2 a made-up method", to("PUSH", "", genuine), "405 fail", ReasonMethod, 0},
		{"X2 JSON", typed("application/json"), "415 fail", notify.ReasonContentType, 0},
		{"X2 multipart", typed("multipart/form-data; boundary=x"), "415 fail", notify.ReasonContentType, 0},
		{"X2 no content type", typed(""), "415 fail", notify.ReasonContentType, 0},
	}
}

func abusedForms(t *testing.T) []abuse {
	genuine := confirmed().signed(t, doorKeys().alipay)
	plus := func(more string) string { return closing(append(bytes.Clone(genuine), more...)) }
	repeated, malformed := notify.ReasonRepeatedParameter, notify.ReasonMalformed
	return []abuse{
		{"X4 a repeated parameter", plus("&notify_id=2"), "400 fail", repeated, 0},
		{"X4 a repeated content", plus("&biz_content=%7B%7D"), "400 fail", repeated, 0},
		{"X4 a repeated signature", plus("&sign=QUJD"), "400 fail", repeated, 0},
		{"X4 the same value again", plus("&version=1.1"), "400 fail", repeated, 0},
		{"X4 the same name in another spelling", plus("&notify%5Fid=2"), "400 fail", repeated, 0},
		{"X4 an unknown name twice", plus("&status=x&status=y"), "400 fail", repeated, 0},
		{"X14 10,000 parameters", closing([]byte(strings.Repeat("a=1&", 10_000))), "400 fail", malformed, 0},
		{"X14 10,000 parameters behind a genuine message", plus(strings.Repeat("&a=1", 10_000)), "400 fail", malformed, 0},
		{"X14 a name of 64 kB", closing([]byte(strings.Repeat("n", 64<<10) + "=1")), "400 fail", malformed, 0},
		{"X14 half an escape", plus("&a=%"), "400 fail", malformed, 0},
		{"X14 an empty body", closing(nil), "400 fail", notify.ReasonMissingAppID, 0},
		{"X14 no form", closing([]byte(`{"app_id":"%zz"}`)), "400 fail", malformed, 0},
	}
}

func abusedApps(t *testing.T) []abuse {
	key := doorKeys().alipay
	nobody := confirmed()
	delete(nobody, "app_id")
	return []abuse{
		{"X10 an app of others", closing(confirmed().with("app_id", "2021888888888888").signed(t, key)), "403 fail", notify.ReasonUnknownApp, 0},
		{"X10 the mini program's id", closing(confirmed().with("app_id", doorMini).signed(t, key)), "403 fail", notify.ReasonUnknownApp, 0},
		{"X10 app_id with a blank", closing(confirmed().with("app_id", doorApp+" ").signed(t, key)), "403 fail", notify.ReasonUnknownApp, 0},
		{"X10 no app_id", closing(nobody.signed(t, key)), "400 fail", notify.ReasonMissingAppID, 0},
		{"X25 a check that nobody signed", closing(gatewayCheck().encode()), "403 fail", notify.ReasonMissingSign, 0},
		{"X25 a check signed by another", closing(gatewayCheck().signed(t, doorKeys().other)), "403 fail", notify.ReasonBadSignature, 2},
		{"X25 a check of another app", closing(gatewayCheck().with("app_id", "2021888888888888").signed(t, key)), "403 fail", notify.ReasonUnknownApp, 0},
	}
}

// The sender can't choose the hash; the app's configuration can.
func TestSHA1(t *testing.T) {
	t.Run("X1 SHA-1 is taken where the app opted in", func(t *testing.T) {
		s := openDoor(t, newDoorTemporal(orderOne))
		app := notify.App{ID: doorApp, AlipayKeys: []keys.AlipayKey{{Public: &doorKeys().alipay.PublicKey}}, AllowSHA1: true}
		verifier, err := notify.NewVerifier([]notify.App{app})
		if err != nil {
			t.Fatal(err)
		}
		s.door.Trust(verifier)
		address := serveDoor(t, s, ingress.DefaultPatience())
		wantAccepted(t, address, closing(confirmed().signedSHA1(t, doorKeys().alipay)))
		forged := exchange(t, address, closing(inBody(t, "sign_type=RSA2", "sign_type=RSA")))
		if diff := cmp.Diff([]string{"403 fail"}, forged); diff != "" {
			t.Error(diff)
		}
	})
}

// Anybody can add parameters to a URL, so only the body counts.
func TestQueryStringChangesNothing(t *testing.T) {
	genuine := confirmed().signed(t, doorKeys().alipay)
	for row, query := range map[string]string{
		"X3 an evil content in the query":         "biz_content=" + url.QueryEscape(`{"out_order_no":"EVIL"}`),
		"X3 another app in the query":             "app_id=1&sign=x&sign_type=RSA",
		"X3 a second notify_id in the query":      "notify_id=evil",
		"X3 a query that is no query at all":      "%zz&&;=",
		"X3 a whole other message in the query":   string(confirmed().with("notify_id", "evil").signed(t, doorKeys().other)),
		"X3 thousands of parameters in the query": strings.Repeat("a&", 4000),
	} {
		t.Run(row, func(t *testing.T) {
			s := openDoor(t, newDoorTemporal(orderOne))
			wantAccepted(t, serveDoor(t, s, ingress.DefaultPatience()), strings.Replace(closing(genuine), "/alipay/notify", "/alipay/notify?"+query, 1))
			if diff := cmp.Diff([]string{"signal " + orderOne}, s.temporal.operations()); diff != "" {
				t.Error(diff)
			}
			if n := s.temporal.last(t).Notification; n.NotifyID != confirmed()["notify_id"] || n.AppID != doorApp || s.kept() != confirmed()["biz_content"] {
				t.Errorf("Temporal got %+v with %s", n.NotificationKey, s.kept())
			}
		})
	}
}

// A merchant's own app may be served together with the third-party app, each by its key.
func TestSeveralAppsAtOneDoor(t *testing.T) {
	t.Run("X10 a merchant's own app beside the third-party app", func(t *testing.T) {
		verifier, err := notify.NewVerifier([]notify.App{
			{ID: doorApp, AlipayKeys: []keys.AlipayKey{{Public: &doorKeys().alipay.PublicKey}}},
			{ID: doorMini, AlipayKeys: []keys.AlipayKey{{Public: &doorKeys().other.PublicKey}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		s := openDoor(t, newDoorTemporal(orderOne))
		s.door.Trust(verifier)
		address := serveDoor(t, s, ingress.DefaultPatience())
		merchants := confirmed().with("app_id", doorMini)
		wantAccepted(t, address, closing(confirmed().signed(t, doorKeys().alipay)))
		wantAccepted(t, address, closing(merchants.signed(t, doorKeys().other)))
		if got := s.temporal.last(t).Notification.AppID; got != doorMini {
			t.Errorf("it went to %s", got)
		}
		crossed := exchange(t, address, closing(merchants.with("notify_id", "n2").signed(t, doorKeys().alipay)))
		if diff := cmp.Diff([]string{"403 fail"}, crossed); diff != "" {
			t.Errorf("one app's key opens the other's door: %s", diff)
		}
	})
}
