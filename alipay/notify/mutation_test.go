package notify_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"miniflow/alipay"
	"miniflow/alipay/notify"
)

// sameMessage reports whether two notifications mean the same. How they were verified may
// differ.
func sameMessage(a, b *notify.Notification) bool {
	return a.AppID == b.AppID && a.NotifyID == b.NotifyID && a.Name == b.Name && a.Layout == b.Layout &&
		a.Version == b.Version && a.SentAt.Equal(b.SentAt) && bytes.Equal(a.Content, b.Content) &&
		(a.ContentError == nil) == (b.ContentError == nil) && a.Digest() == b.Digest() &&
		maps.Equal(meaning(a), meaning(b))
}

// meaning returns the parameters without those whose presence depends on the rule.
func meaning(n *notify.Notification) map[string]string {
	params := maps.Collect(n.Params.All())
	delete(params, "sign_type")
	maps.DeleteFunc(params, func(_, value string) bool { return strings.TrimSpace(value) == "" })
	return params
}

// TestEveryByte changes each byte of genuine bodies into several others. The result is
// refused, or it is the very same message in another spelling.
func TestEveryByte(t *testing.T) {
	overSignType := newPush("msg_uid", "", "biz_content", `{"memo":"a&b=c+d"}`)
	overSignType.signType = true
	legacy := newPush("notify_type", alipay.MessageOpenAppAuth, "status", "execute_auth", "alipay_cert_sn", "f00d").
		without("msg_method")
	v := mustVerifier(t)
	for name, p := range map[string]push{"standard": newPush(), "over sign_type": overSignType, "legacy": legacy} {
		t.Run(name, func(t *testing.T) {
			genuine := []byte(p.body())
			want := mustRead(t, v, string(genuine))
			taken := 0
			for i := range genuine {
				for _, other := range []byte{genuine[i] ^ 1, genuine[i] ^ 0x20, '&', '=', '+', '%', '0', ' ', 0, 0xff} {
					if other == genuine[i] {
						continue
					}
					mutated := bytes.Clone(genuine)
					mutated[i] = other
					n, err := v.Notification(mutated)
					if err == nil && !sameMessage(n, want) {
						t.Fatalf("byte %d changed from %q to %q makes another message", i, genuine[i], other)
					}
					if err != nil && n != nil {
						t.Fatalf("byte %d changed from %q to %q is refused, and comes back", i, genuine[i], other)
					}
					if err == nil {
						taken++
					}
				}
			}
			// Some changes are spelling only, such as %2b for %2B. If nothing were accepted,
			// this test would pass with a verifier that refuses everything.
			if taken == 0 {
				t.Error("no spelling was taken")
			}
		})
	}
}

// TestTruncation cuts genuine bodies at every byte. Only a sign_type that nothing signed may
// be missing.
func TestTruncation(t *testing.T) {
	v := mustVerifier(t)
	genuine := newPush().body()
	const unsigned = "&sign_type=RSA2"
	signTypeLast := strings.Replace(genuine, unsigned, "", 1) + unsigned
	want := mustRead(t, v, genuine)
	for _, body := range []string{genuine, signTypeLast} {
		for end := range len(body) {
			n, err := v.Notification([]byte(body[:end]))
			missing := len(body) - end // of "&sign_type=RSA2"
			lacksSignType := body == signTypeLast && missing <= len(unsigned) && missing > len("=RSA2") &&
				missing != len("_type=RSA2") // a part of its name is an empty parameter, or a second sign
			if taken := err == nil && sameMessage(n, want); taken != lacksSignType || err != nil && n != nil {
				t.Fatalf("the first %d of %d bytes: %v, %v", end, len(body), n, err)
			}
		}
	}
}

// TestRearranged is about the signed text, which escapes nothing: a genuine message can be
// split into other parameters without breaking its signature.
func TestRearranged(t *testing.T) {
	merged := func(p push, first, second string) push { // second moves into first
		return p.with("sign", p.sign(), first, p.params[first]+"&"+second+"="+p.params[second]).without(second)
	}
	overSignType := newPush("notify_type", "x")
	overSignType.signType = true
	trade := newPush("notify_type", "trade_status_sync", "out_trade_no", "1", "seller_id", "2").
		without("msg_method", "biz_content", "utc_timestamp", "version")
	link := newPush("biz_content", `{"url":"https://a.example/?a=1&c=2&charset=x"}`)
	cut := link.with("sign", link.sign(), "biz_content", `{"url":"https://a.example/?a=1`, "c", "2&charset=x\"}")
	noCharset := link.without("charset")
	plain := newPush("biz_content", `{"url":"https://a.example/?a=1&c=2&ca=3"}`)
	plainCut := plain.with("sign", plain.sign(), "biz_content", `{"url":"https://a.example/?a=1`, "c", "2", "ca", `3"}`)
	behind := newPush("auth_app_id", "1", "biz_content", `{"url":"https://a.example/?a=1&b=2"}`)
	hidden := behind.with("sign", behind.sign(), "auth_app_id", `1&biz_content={"url":"https://a.example/?a=1`, "b", `2"}`).
		without("biz_content")

	v := mustVerifier(t)
	for name, p := range map[string]push{
		"notify_type into notify_id":  merged(overSignType, "notify_id", "notify_type"),
		"sign_type into notify_type":  merged(overSignType, "notify_type", "sign_type"),
		"version into utc_timestamp":  merged(newPush(), "utc_timestamp", "version"),
		"charset into biz_content":    merged(newPush(), "biz_content", "charset"),
		"biz_content into app_id":     merged(newPush("auth_app_id", "1"), "auth_app_id", "biz_content"),
		"seller_id into out_trade_no": merged(trade, "out_trade_no", "seller_id"),
		"content cut in two":          cut,
		"cut at an unknown name":      plainCut,
		"content cut in three":        cut.with("c", "2").with("charset", "x\"}&charset=UTF-8"),
		"biz_content out of the way":  hidden,
		"a name with an equals sign":  newPush("a=b", "c"),
		"a name with an ampersand":    newPush("a&b", "c"),
		"charset out of a link":       noCharset,
	} {
		t.Run(name, func(t *testing.T) {
			body := formBody(p.params)
			if p.params["sign"] == "" {
				body = p.body()
			}
			mustRefuse(t, v, body, notify.ReasonAmbiguous)
		})
	}

	// The same characters in their place are no reason to refuse.
	for name, p := range map[string]push{
		"a link inside biz_content": link,
		"a link with our names":     newPush("biz_content", `{"url":"https://a.example/?app_id=1&charset=2&sign=3&version=4"}`),
		"free text of a buyer":      trade.with("subject", "this & that=1&t=2&a=3"),
		"broken content":            newPush("biz_content", `{"memo":"a&b=`),
	} {
		t.Run(name, func(t *testing.T) { mustRead(t, v, p.body()) })
	}
}

// TestRearrangedAnyhow splits the signed text of messages at every choice of its ampersands.
// The resulting forms that are accepted mean the same as the genuine message.
func TestRearrangedAnyhow(t *testing.T) {
	v := mustVerifier(t)
	link := newPush("biz_content", `{"url":"https://a.example/?a=1&c=2&charset=x&d=3&notify_id=4&x=5"}`, "auth_app_id", "9")
	link.signType = true
	full := newPush("msg_type", "app", "msg_uid", "2088000000000001", "msg_app_id", "2021000000000009",
		"notify_type", "x", "notify_time", "2026-11-21 20:00:01", "encrypt_type", "")
	flat := newPush("notify_type", "trade_status_sync", "out_trade_no", "1", "seller_id", "2", "trade_no", "3",
		"total_amount", "4", "buyer_id", "5").without("msg_method", "biz_content")
	for name, p := range map[string]push{"a link in it": link, "every parameter": full, "flat": flat} {
		t.Run(name, func(t *testing.T) {
			want := mustRead(t, v, p.body())
			fields := strings.Split(p.text(), "&")
			taken, sign := 0, p.sign()
			for cuts := range 1 << (len(fields) - 1) {
				params, sorted := joinFields(fields, cuts)
				if !sorted {
					continue // its signed text would be another
				}
				params["sign"] = sign
				n, err := v.Notification([]byte(formBody(params)))
				if err != nil {
					continue
				}
				taken++
				if !sameMessage(n, want) {
					t.Fatalf("taken as another message: %q", slices.Sorted(maps.Keys(params)))
				}
			}
			if taken != 1 {
				t.Errorf("%d of the forms were taken, want the genuine one", taken)
			}
		})
	}
}

// joinFields returns a form in which bit i decides whether field i+1 begins a parameter of
// its own, and reports whether its parameters are in order.
func joinFields(fields []string, cuts int) (params map[string]string, sorted bool) {
	joined := []string{fields[0]}
	for i, field := range fields[1:] {
		if cuts>>i&1 == 0 {
			joined[len(joined)-1] += "&" + field
			continue
		}
		joined = append(joined, field)
	}
	params = map[string]string{}
	var names []string
	for _, field := range joined {
		name, value, _ := strings.Cut(field, "=")
		params[name] = value
		names = append(names, name)
	}
	return params, slices.IsSorted(names)
}
