package alipaysim_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"miniflow/alipay/alipaysim"
)

// contentKey is the key of a vector that the official SDKs publish: it turns
// "test1234567" into "ILpoMowjIQjfYMR847rnFQ==".
const contentKey = "aa4BtZ4tspm2wnXLb1ThQA=="

func aesKey(t *testing.T) []byte {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(contentKey)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// opensslAES runs the text through openssl's AES: way is -e or -d.
func opensslAES(t *testing.T, way, text string) string {
	t.Helper()
	return string(openssl(t, text, "enc", "-aes-128-cbc", way, "-a", "-A", "-K", hex.EncodeToString(aesKey(t)), "-iv", strings.Repeat("0", 32)))
}

func TestTheOtherSideEncryptsAsTheVectorSays(t *testing.T) {
	if got := opensslAES(t, "-e", "test1234567"); got != "ILpoMowjIQjfYMR847rnFQ==" {
		t.Errorf("openssl gives %s; the tests below prove nothing", got)
	}
}

func TestEncryptedPushes(t *testing.T) {
	for _, charset := range []alipaysim.Charset{alipaysim.CharsetUTF8, alipaysim.CharsetGBK, alipaysim.CharsetGB18030} {
		for length := range 17 { // every length of padding
			w := newWorld(t, func(c *alipaysim.Config) {
				c.Apps[0].AESKey, c.Apps[0].EncryptPushes, c.Apps[0].Charset = aesKey(t), true, charset
			})
			content := `{"text":"面馆` + strings.Repeat("x", length) + `"}`
			w.must("POST", "messages", `{"app_id":"`+appID+`","msg_method":"alipay.test","biz_content":`+content+`}`)
			w.run()
			p := w.lastPush("alipay.test").params
			if p["encrypt_type"] != "AES" || !alipaySigned(signedText(p, "sign"), p["sign"]) {
				t.Fatalf("the signature is not over the encrypted text: %v", p)
			}
			plain := opensslAES(t, "-d", p["biz_content"])
			if charset != alipaysim.CharsetUTF8 {
				var err error
				if plain, err = simplifiedchinese.GB18030.NewDecoder().String(plain); err != nil {
					t.Fatal(err)
				}
			}
			if plain != content {
				t.Errorf("%s: openssl reads %q, want %q", charset, plain, content)
			}
		}
	}
}

func TestEncryptionIsChosenPerMessage(t *testing.T) {
	w := newWorld(t, func(c *alipaysim.Config) { c.Apps[0].AESKey = aesKey(t) })
	w.sendMessage(`,"encrypt":true`)
	w.sendMessage("")
	w.run()
	kinds := map[string]int{}
	for _, p := range w.pushes("alipay.test") {
		kinds[p.params["encrypt_type"]]++
	}
	if kinds["AES"] != 1 || kinds[""] != 1 {
		t.Errorf("%v", kinds)
	}
}

func TestEncryptedRequestsAreAnsweredEncrypted(t *testing.T) {
	w := newWorld(t, func(c *alipaysim.Config) { c.Apps[0].AESKey = aesKey(t) })
	shape := regexp.MustCompile(`^\{"alipay_open_mini_baseinfo_name_check_response":("([A-Za-z0-9+/=]+)"),"sign":"([^"]+)"\}$`)
	for biz, code := range map[string]string{`{"app_name":"面馆"}`: "10000", `{}`: "40004"} {
		body := w.answered(nameCheck, opensslAES(t, "-e", biz), map[string]string{"encrypt_type": "AES"})
		found := shape.FindStringSubmatch(body)
		if found == nil || !alipaySigned(found[1], found[3]) {
			t.Fatalf("the signature covers the quotes: %s", body)
		}
		if plain := opensslAES(t, "-d", found[2]); !strings.HasPrefix(plain, `{"code":"`+code+`"`) {
			t.Errorf("%s: %s", biz, plain)
		}
	}
}

func TestEncryptedRequestsThatDoNotOpen(t *testing.T) {
	w := newWorld(t, func(c *alipaysim.Config) { c.Apps[0].AESKey = aesKey(t) })
	good := opensslAES(t, "-e", `{"app_name":"x"}`)
	tests := []struct{ name, app, kind, biz, want string }{
		{"an app without key", otherID, "AES", good, "isv.decryption-error-not-valid-encrypt-key"},
		{"another kind", appID, "DES", good, "isv.decryption-error-not-valid-encrypt-type"},
		{"not encrypted", appID, "AES", `{"app_name":"x"}`, "isv.decryption-error-unknown"},
		{"half a block", appID, "AES", "AAAA", "isv.decryption-error-unknown"},
		{"no block", appID, "AES", "====", "isv.decryption-error-unknown"},
		{"another text", appID, "AES", base64.StdEncoding.EncodeToString(make([]byte, 32)), "isv.decryption-error-unknown"},
	}
	for _, test := range tests {
		body := w.answered(nameCheck, test.biz, map[string]string{"encrypt_type": test.kind, "app_id": test.app})
		if !strings.Contains(body, fmt.Sprintf(`"sub_code":"%s"`, test.want)) {
			t.Errorf("%s: %s", test.name, body)
		}
	}
	// A form method's fields are not encrypted, and neither is nothing.
	body := w.answered("alipay.open.mini.version.audit.apply", "", map[string]string{"encrypt_type": "AES"})
	if !strings.Contains(body, `_response":"`) {
		t.Errorf("no content: %s", body)
	}
}

func TestCharsetsWriteTheirOwnCharactersAlone(t *testing.T) {
	tests := []struct {
		charset, text string
		sent          bool
	}{
		{"UTF-8", "面馆😀", true}, {"GB18030", "面馆😀", true}, {"GBK", "面馆〔〕€", true}, {"GBK", "面馆😀", false}, {"GB2312", "㐂", false},
	}
	for _, test := range tests {
		w := newWorld(t)
		status, body := w.manage("POST", "messages", `{"app_id":"`+appID+`","msg_method":"alipay.test","params":{"charset":"`+test.charset+`"},"biz_content":{"text":"`+test.text+`"}}`)
		if (status == 202) != test.sent {
			t.Errorf("%s %s: %d %v", test.charset, test.text, status, body)
		}
		if !test.sent {
			continue
		}
		w.run()
		p := w.lastPush("alipay.test")
		raw := p.params["biz_content"]
		if test.charset != "UTF-8" {
			var err error
			if raw, err = simplifiedchinese.GB18030.NewDecoder().String(raw); err != nil {
				t.Fatal(err)
			}
		}
		if raw != `{"text":"`+test.text+`"}` || p.kind != "application/x-www-form-urlencoded;charset="+test.charset || !alipaySigned(signedText(p.params, "sign"), p.params["sign"]) {
			t.Errorf("%s: %s, %s", test.charset, raw, p.kind)
		}
	}
}
