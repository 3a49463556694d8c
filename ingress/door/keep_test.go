package door

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
	"miniflow/ingress"
)

// Odd requests of Alipay and of proxies that have to be accepted. Each row posts its bytes to
// a door on a real port.

const (
	chineseUTF8 = "中文小程序"
	chineseGBK  = "\xd6\xd0\xce\xc4\xd0\xa1\xb3\xcc\xd0\xf2"
)

// acceptable is a request that has to be accepted, and what then arrives.
type acceptable struct {
	row  string
	sent string
	kept string // the whole content, as JSON in UTF-8
}

func TestCompatibility(t *testing.T) {
	for _, c := range acceptables(t) {
		t.Run(c.row, func(t *testing.T) {
			s := openDoor(t, newDoorTemporal(orderOne))
			wantAccepted(t, serveDoor(t, s, ingress.DefaultPatience()), c.sent)
			if calls := s.temporal.operations(); len(calls) == 0 {
				t.Fatal("accepted, and not given to Temporal")
			}
			if diff := cmp.Diff(c.kept, s.kept()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func acceptables(t *testing.T) []acceptable {
	t.Helper()
	key := doorKeys().alipay
	genuine := confirmed().signed(t, key)
	typed := func(contentType string, body []byte) string {
		return strings.Replace(closing(body), "Content-Type: application/x-www-form-urlencoded", "Content-Type: "+contentType, 1)
	}
	gbk := standard(alipay.MessageMerchantConfirmed, `{"out_order_no":"OUT1","name":"`+chineseGBK+`"}`).with("charset", "GBK")
	inUTF8 := `{"out_order_no":"OUT1","name":"` + chineseUTF8 + `"}`
	unlabelled := gbk.with("charset", "")
	delete(unlabelled, "charset")
	plain := confirmed()["biz_content"]
	rows := []acceptable{
		{"C3 GBK body with Chinese text", closing(gbk.signed(t, key)), inUTF8},
		{"C3 GBK body that names no charset", closing(unlabelled.signed(t, key)), inUTF8},
		{"C3 GBK body under a header that says UTF-8", typed("application/x-www-form-urlencoded; charset=UTF-8", gbk.signed(t, key)), inUTF8},
		{"C4 charset=GBK in the header of a UTF-8 body", typed("application/x-www-form-urlencoded;charset=GBK", genuine), plain},
		{"C4 charset=GBK in the header of a GBK body", typed("application/x-www-form-urlencoded; charset=GBK", gbk.signed(t, key)), inUTF8},
		{"C4 the malformed header of Alipay's", typed("application/x-www-form-urlencoded; text/html; charset=UTF-8", genuine), plain},
		{"C4 the media type in capitals", typed("APPLICATION/X-WWW-FORM-URLENCODED", genuine), plain},
	}
	flat := params{"app_id": doorApp, "notify_id": "n9", "notify_type": alipay.MessageServiceMarketOrder, "title": "t"}
	for name, extra := range map[string]string{"without a value": "&foo=", "without an equals sign": "&foo", "of white space": "&foo=+%09", "in front": ""} {
		body := append(flat.signed(t, key), extra...)
		if extra == "" {
			body = append([]byte("foo=&"), body...)
		}
		rows = append(rows, acceptable{"C5 an extra empty parameter " + name, closing(body), asJSON(t, flat)})
	}
	for name, value := range map[string]string{
		"plus": "a+b", "percent": "100%", "an escape": "%2B%zz", "spaces": " a  b ", "emoji": "\U0001F600\U0001F1E8\U0001F1F3",
		"CRLF": "line\r\nline\n", "separators": "a=b;c?d", "entities": "&quot;", "NUL": "\x00",
	} {
		odd := flat.with("title", value)
		rows = append(rows, acceptable{"C6 " + name + " in a value", closing(odd.signed(t, key)), asJSON(t, odd)})
	}
	// A form may spell a space in two ways, and escape what needs no escape.
	spaced := flat.with("title", "a b")
	return append(rows, acceptable{"C6 a space spelled %20", closing([]byte(strings.ReplaceAll(string(spaced.signed(t, key)), "title=a+b", "%74itle=%61%20b"))), asJSON(t, spaced)})
}

// asJSON returns the kept content of a message without biz_content.
func asJSON(t *testing.T, p params) string {
	t.Helper()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// vector is a message with the key that signed it, both published by others.
type vector struct {
	Name        string
	PublicKey   string `json:"public_key_b64_spki"`
	Certificate string `json:"certificate_pem"`
	Params      params
	Rule        string `json:"which_rule"`
	AESKey      string `json:"aes_key_b64"`
	Plain       string `json:"decrypted_biz_content"`
}

// genuineVectors returns messages of Alipay's and of its SDKs' own tests. The keys that
// signed them are not public.
func genuineVectors(t *testing.T) []vector {
	t.Helper()
	var all []vector
	for _, name := range []string{"ant-open-sdk-from-message.json", "java-sdk-RSACheckTest.json"} {
		data, err := os.ReadFile(filepath.Join("..", "..", "alipay", "testdata", "vectors", name))
		if err != nil {
			t.Fatal(err)
		}
		var file struct{ Cases []vector }
		if err := json.Unmarshal(data, &file); err != nil {
			t.Fatal(err)
		}
		all = append(all, file.Cases...)
	}
	if len(all) != 5 {
		t.Fatalf("%d vectors, want 5", len(all))
	}
	return all
}

// open returns a door for the app that the vector was sent to.
func (v vector) open(t *testing.T) (*doorEnv, string) {
	t.Helper()
	key := keys.AlipayKey{}
	var err error
	if v.PublicKey != "" {
		key.Public, err = keys.ParsePublicKey(v.PublicKey)
	} else {
		key, err = keys.ParseAlipayCertificate(v.Certificate)
	}
	if err != nil {
		t.Fatal(err)
	}
	app := notify.App{ID: v.Params["app_id"], AlipayKeys: []keys.AlipayKey{key}, AllowSHA1: v.Params["sign_type"] == "RSA"}
	if v.AESKey != "" {
		if app.AESKey, err = keys.ParseAESKey(v.AESKey); err != nil {
			t.Fatal(err)
		}
	}
	verifier, err := notify.NewVerifier([]notify.App{app})
	if err != nil {
		t.Fatal(err)
	}
	s := openDoor(t, newDoorTemporal())
	s.door.Trust(verifier)
	return s, serveDoor(t, s, ingress.DefaultPatience())
}

func TestPublishedMessages(t *testing.T) {
	rules := map[string]int{}
	for _, v := range genuineVectors(t) {
		t.Run("C1 "+v.Name, func(t *testing.T) {
			s, address := v.open(t)
			wantAccepted(t, address, closing(v.Params.encode()))
			if v.Plain != "" && s.kept() != v.Plain {
				t.Errorf("kept %s, want %s", s.kept(), v.Plain)
			}
			rule, _ := s.records()[0]["rule"].(string)
			rules[rule]++
		})
		t.Run("C2 "+v.Name+", tampered", func(t *testing.T) {
			s, address := v.open(t)
			sent := 0
			for name, value := range v.Params {
				if name == "app_id" {
					continue // another app's message, see X10
				}
				sent++
				got := exchange(t, address, closing(v.Params.with(name, value+"1").encode()))
				if diff := cmp.Diff([]string{"403 fail"}, got); diff != "" {
					t.Errorf("%s altered: %s", name, diff)
				}
			}
			if calls := s.temporal.operations(); len(calls) != 0 || sent < 3 {
				t.Errorf("after %d forgeries Temporal was asked for %v", sent, calls)
			}
		})
	}
	if rules["without sign_type"] == 0 || rules["with sign_type"] == 0 {
		t.Errorf("the published messages don't stand for both rules: %v", rules)
	}
}
