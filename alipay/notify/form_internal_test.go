package notify

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay"
)

func TestReadForm(t *testing.T) {
	longName := strings.Repeat("n", alipay.MaxParameterName)
	for name, c := range map[string]struct {
		body   string
		want   map[string]string
		reason Reason
	}{
		"plain":                    {"b=2&a=1", map[string]string{"a": "1", "b": "2"}, ""},
		"nothing":                  {"", map[string]string{}, ""},
		"plus is a space":          {"a=1+2", map[string]string{"a": "1 2"}, ""},
		"escaped plus stays":       {"a=1%2B2", map[string]string{"a": "1+2"}, ""},
		"decoded once only":        {"a=%252B", map[string]string{"a": "%2B"}, ""},
		"lower and upper hex":      {"a=%e4%B8%aD", map[string]string{"a": "中"}, ""},
		"bytes that are no UTF-8":  {"a=%D6%D0\xff", map[string]string{"a": "\xd6\xd0\xff"}, ""},
		"NUL and CRLF":             {"a=%00%0D%0A", map[string]string{"a": "\x00\r\n"}, ""},
		"equals signs in a value":  {"a=b=c==", map[string]string{"a": "b=c=="}, ""},
		"no equals sign":           {"a&b=", map[string]string{"a": "", "b": ""}, ""},
		"empty fields":             {"&&a=1&", map[string]string{"a": "1"}, ""},
		"a semicolon is a letter":  {"a=1;b=2", map[string]string{"a": "1;b=2"}, ""},
		"a question mark as well":  {"?a=1", map[string]string{"?a": "1"}, ""},
		"the longest name":         {longName + "=1", map[string]string{longName: "1"}, ""},
		"a longer name":            {longName + "n=1", nil, ReasonMalformed},
		"an empty name":            {"=1", nil, ReasonMalformed},
		"half an escape":           {"a=%4", nil, ReasonMalformed},
		"half an escape in a name": {"a%=1", nil, ReasonMalformed},
		"no hex":                   {"a=%zz", nil, ReasonMalformed},
		"a name twice":             {"a=1&b=2&a=1", nil, ReasonRepeatedParameter},
		"twice, once escaped":      {"a=1&%61=2", nil, ReasonRepeatedParameter},
		"twice, once empty":        {"a=1&a", nil, ReasonRepeatedParameter},
		"too many":                 {manyFields(alipay.MaxParameters + 1), nil, ReasonMalformed},
		"ten thousand":             {manyFields(10_000), nil, ReasonMalformed},
		"one byte too large":       {"a=" + strings.Repeat("x", alipay.MaxBody-1), nil, ReasonTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			f, reason := readForm([]byte(c.body))
			if reason != c.reason {
				t.Fatalf("reason %q, want %q", reason, c.reason)
			}
			if reason != "" {
				return
			}
			got := map[string]string{}
			for _, p := range f {
				got[p.name] = p.value
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if f, reason := readForm([]byte(manyFields(alipay.MaxParameters))); reason != "" || len(f) != alipay.MaxParameters {
		t.Errorf("as many parameters as allowed: %q", reason)
	}
	if _, reason := readForm([]byte("a=" + strings.Repeat("x", alipay.MaxBody-2))); reason != "" {
		t.Errorf("as large as allowed: %q", reason)
	}
}

func manyFields(count int) string {
	fields := make([]string, count)
	for i := range fields {
		fields[i] = fmt.Sprintf("n%d=%d", i, i)
	}
	return strings.Join(fields, "&")
}

// FuzzForm compares the form reader with net/url, which decodes the same way where both
// accept, and checks its own promises.
func FuzzForm(f *testing.F) {
	f.Add([]byte("app_id=1&biz_content=%7B%22a%22%3A+1%7D&sign=a%2Bb"))
	f.Add([]byte("a=%D6%D0&b"))
	f.Fuzz(func(t *testing.T, body []byte) {
		read, reason := readForm(body)
		if reason != "" {
			if read != nil {
				t.Fatal("a refused form came back")
			}
			return
		}
		encoded := url.Values{}
		for i, p := range read {
			if p.name == "" || len(p.name) > alipay.MaxParameterName || i > 0 && read[i-1].name >= p.name {
				t.Fatalf("parameter %d breaks the order or the limits", i)
			}
			encoded.Set(p.name, p.value)
		}
		again, reason := readForm([]byte(encoded.Encode()))
		if len(encoded.Encode()) <= alipay.MaxBody && (reason != "" || !slices.Equal(again, read)) {
			t.Fatalf("written and read again: %q", reason)
		}
		theirs, err := url.ParseQuery(strings.ReplaceAll(string(body), ";", "%3B"))
		if err != nil {
			t.Fatalf("net/url refuses what was read: %v", err)
		}
		for _, p := range read {
			if values := theirs[p.name]; len(values) != 1 || values[0] != p.value {
				t.Fatalf("net/url reads %q as %q", p.name, values)
			}
		}
	})
}

// TestCandidates lists the texts that are tried. Identical ones are one.
func TestCandidates(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want []string
	}{
		"as usual": {"sign_type=RSA2&b=2&a=1", []string{"a=1&b=2", "a=1&b=2&sign_type=RSA2"}},
		"an empty value": {"a=1&b=&sign_type=RSA2", []string{
			"a=1&b=", "a=1&b=&sign_type=RSA2", "a=1", "a=1&sign_type=RSA2"}},
		"a blank value": {"a=1&b=+&sign_type=RSA2", []string{
			"a=1&b= ", "a=1&b= &sign_type=RSA2", "a=1", "a=1&sign_type=RSA2"}},
		"a certificate": {"alipay_cert_sn=c&b=2&sign_type=RSA2", []string{
			"alipay_cert_sn=c&b=2", "alipay_cert_sn=c&b=2&sign_type=RSA2", "b=2", "b=2&sign_type=RSA2"}},
		"all of it": {"alipay_cert_sn=c&a=1&b=&sign_type=RSA2", []string{
			"a=1&alipay_cert_sn=c&b=", "a=1&alipay_cert_sn=c&b=&sign_type=RSA2",
			"a=1&alipay_cert_sn=c", "a=1&alipay_cert_sn=c&sign_type=RSA2",
			"a=1&b=", "a=1&b=&sign_type=RSA2", "a=1", "a=1&sign_type=RSA2"}},
		"an empty certificate": {"alipay_cert_sn=&a=1&sign_type=RSA2", []string{
			"a=1&alipay_cert_sn=", "a=1&alipay_cert_sn=&sign_type=RSA2", "a=1", "a=1&sign_type=RSA2"}},
	} {
		t.Run(name, func(t *testing.T) {
			f, reason := readForm([]byte(c.body))
			if reason != "" {
				t.Fatal(reason)
			}
			var got []string
			for _, candidate := range f.candidates() {
				got = append(got, string(f.appendText(nil, candidate.covered)))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
