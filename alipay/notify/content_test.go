package notify_test

import (
	"crypto/aes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"miniflow/alipay"
	"miniflow/alipay/notify"
)

// wantContentError checks that a message was accepted, but not its content.
func wantContentError(t *testing.T, n *notify.Notification, problem alipay.ContentProblem) {
	t.Helper()
	var unreadable *notify.ContentError
	if !errors.As(n.ContentError, &unreadable) || unreadable.Problem != problem {
		t.Fatalf("content error %v, want %s", n.ContentError, problem)
	}
	if n.Content != nil {
		t.Errorf("an unreadable content came back: %.40s", n.Content)
	}
	if _, err := n.Message(); !errors.Is(err, n.ContentError) {
		t.Errorf("Message gives %v, want the content error", err)
	}
	if n.NotifyID == "" || n.Digest() == "" {
		t.Error("without id and digest it can't be kept as a dead letter")
	}
}

// chinese is 中文 in the charsets that Alipay sends.
const (
	chineseUTF8 = "中文"
	chineseGBK  = "\xd6\xd0\xce\xc4"
)

func TestCharsets(t *testing.T) {
	const emojiGB18030 = "\x94\x39\xda\x33" // U+1F4A9
	for name, c := range map[string]struct{ charset, raw, want string }{
		"UTF-8":                     {"UTF-8", chineseUTF8, chineseUTF8},
		"utf-8 in lower case":       {"utf-8", chineseUTF8, chineseUTF8},
		"GBK":                       {"GBK", chineseGBK, chineseUTF8},
		"gbk in lower case":         {"gbk", chineseGBK, chineseUTF8},
		"GB2312":                    {"GB2312", chineseGBK, chineseUTF8},
		"GBK by its number":         {"cp936", chineseGBK, chineseUTF8},
		"UTF-8 without its hyphen":  {"utf8", chineseUTF8, chineseUTF8},
		"GB18030 with an emoji":     {"GB18030", chineseGBK + emojiGB18030, chineseUTF8 + "\U0001F4A9"},
		"GB18030 that says GBK":     {"GBK", chineseGBK + emojiGB18030, chineseUTF8 + "\U0001F4A9"},
		"no charset, UTF-8 bytes":   {"", chineseUTF8, chineseUTF8},
		"no charset, GBK bytes":     {"", chineseGBK, chineseUTF8},
		"a GBK byte that looks \\":  {"GBK", "\x81\x5c", "乗"},
		"a GBK byte that looks {":   {"GBK", "\x81\x7b", "亄"},
		"ASCII under any charset":   {"GBK", "plain", "plain"},
		"emoji in UTF-8":            {"UTF-8", "\U0001F600", "\U0001F600"},
		"replacement char in UTF-8": {"UTF-8", "\ufffd", "\ufffd"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPush("biz_content", `{"app_name":"`+c.raw+`"}`, "title", c.raw, "charset", c.charset)
			if c.charset == "" {
				p = p.without("charset")
			}
			n := mustRead(t, mustVerifier(t), p.body())
			if want := `{"app_name":"` + c.want + `"}`; string(n.Content) != want || n.ContentError != nil {
				t.Errorf("content %q (%v), want %q", n.Content, n.ContentError, want)
			}
			if got := n.Params.Get("title"); got != c.want {
				t.Errorf("parameter %q, want %q", got, c.want)
			}
		})
	}
}

func TestUnreadableContentIsTakenAndMarked(t *testing.T) {
	key := []byte("0123456789abcdef")
	deep := strings.Repeat("[", alipay.MaxDepth+1) + strings.Repeat("]", alipay.MaxDepth+1)
	app := thirdParty()
	app.AESKey = key
	v, keyless := mustVerifier(t, app), mustVerifier(t)
	otherKey := encryptAES(t, []byte("fedcba9876543210"), []byte(`{"a":1}`))
	oneBlock := encryptAESWithIV(t, key, make([]byte, aes.BlockSize), []byte("{\"a\":1}xxxxxxxx\x09"))[:aes.BlockSize] //nolint:gosec // the IV of encrypt_type=AES
	brokenPadding := base64.StdEncoding.EncodeToString(oneBlock)                                                       // ends like nine bytes of padding, of which eight are wrong

	for name, c := range map[string]struct {
		v    *notify.Verifier
		push push
		want alipay.ContentProblem
	}{
		"a name that is no UTF-8":   {v, newPush("biz_content", `{"`+chineseGBK+`":1}`), alipay.ContentCharset},
		"a name that is no GBK":     {v, newPush("charset", "GBK", "biz_content", "{\"\xff\xff\":\"a\"}"), alipay.ContentCharset},
		"a name with a line break":  {v, newPush("biz_content", "{\"sta\ntus\":1}"), alipay.ContentJSON},
		"a name of half characters": {v, newPush("biz_content", `{"sta\ud83dtus":1}`), alipay.ContentJSON},
		"no JSON, no UTF-8 either":  {v, newPush("biz_content", chineseGBK), alipay.ContentCharset},
		"an id that is no UTF-8":    {v, newPush("notify_id", chineseGBK), alipay.ContentCharset},
		"a charset unknown here":    {v, newPush("charset", "UTF-16"), alipay.ContentCharset},
		"a parameter's odd name":    {v, newPush(chineseGBK, "1"), alipay.ContentCharset},
		"no JSON":                   {v, newPush("biz_content", "not JSON"), alipay.ContentJSON},
		"two JSON values":           {v, newPush("biz_content", "{} {}"), alipay.ContentJSON},
		"HTML-escaped JSON":         {v, newPush("biz_content", `{&quot;a&quot;:1}`), alipay.ContentJSON},
		"one level too deep":        {v, newPush("biz_content", deep), alipay.ContentDepth},
		"a member twice":            {v, newPush("biz_content", `{"status":"REJECTED","status":"AGREED"}`), alipay.ContentDuplicate},
		"a member twice, escaped":   {v, newPush("biz_content", `{"a":{"b":1,"\u0062":2}}`), alipay.ContentDuplicate},
		"the first of many twice":   {v, newPush("biz_content", manyMembers(30, "m0")), alipay.ContentDuplicate},
		"the last of many twice":    {v, newPush("biz_content", manyMembers(30, "m29")), alipay.ContentDuplicate},
		"encrypted, no key":         {keyless, newPush("encrypt_type", "AES"), alipay.ContentNoKey},
		"encrypted by other key":    {v, newPush("encrypt_type", "AES", "biz_content", otherKey), alipay.ContentEncryption},
		"encrypted, not base64":     {v, newPush("encrypt_type", "AES", "biz_content", "{}"), alipay.ContentEncryption},
		"encrypted, half a block":   {v, newPush("encrypt_type", "AES", "biz_content", "QUJD"), alipay.ContentEncryption},
		"encrypted, broken padding": {v, newPush("encrypt_type", "AES", "biz_content", brokenPadding), alipay.ContentEncryption},
		"encrypted in a new way":    {v, newPush("encrypt_type", "SM4", "biz_content", "QUJD"), alipay.ContentEncryptType},
		"AES_V2 without an IV":      {v, newPush("encrypt_type", "AES_V2", "biz_content", "QUJD"), alipay.ContentEncryption},
	} {
		t.Run(name, func(t *testing.T) {
			wantContentError(t, mustRead(t, c.v, c.push.body()), c.want)
		})
	}
}

// manyMembers returns an object with more names than Alipay's own have, one of which occurs
// again.
func manyMembers(count int, again string) string {
	members := make([]string, 0, count+1)
	for i := range count {
		members = append(members, fmt.Sprintf(`"m%d":%d`, i, i))
	}
	if again != "" {
		members = append(members, fmt.Sprintf("%q:0", again))
	}
	return "{" + strings.Join(members, ",") + "}"
}

// TestAnObjectWithManyMembers checks that it is read if each name occurs once; the same name
// in an inner object is another one.
func TestAnObjectWithManyMembers(t *testing.T) {
	content := strings.TrimSuffix(manyMembers(30, ""), "}") + `,"inner":{"m29":1,"m0":2}}`
	if read := mustRead(t, mustVerifier(t, thirdParty()), newPush("biz_content", content).body()); string(read.Content) != content {
		t.Errorf("read %s", read.Content)
	}
}

// TestAContentAsDeepAsIsRead checks that the deepest accepted content is read completely,
// names included.
func TestAContentAsDeepAsIsRead(t *testing.T) {
	content := strings.Repeat(`{"a":`, alipay.MaxDepth) + "1" + strings.Repeat("}", alipay.MaxDepth)
	if read := mustRead(t, mustVerifier(t, thirdParty()), newPush("biz_content", content).body()); read.ContentError != nil || string(read.Content) != content {
		t.Errorf("%v, read %.40s", read.ContentError, read.Content)
	}
}

func TestEncryptedContent(t *testing.T) {
	const content = `{"app_auth_token":"T1"}`
	for _, size := range []int{16, 24, 32} {
		app := thirdParty()
		app.AESKey = []byte("0123456789abcdef0123456789abcdef")[:size]
		v := mustVerifier(t, app)
		iv := make([]byte, aes.BlockSize)
		if _, err := rand.Read(iv); err != nil {
			t.Fatal(err)
		}
		raw := encryptAESWithIV(t, app.AESKey, iv, []byte(content))
		for encryptType, text := range map[string]string{
			"AES":    encryptAES(t, app.AESKey, []byte(content)),
			"AES_V2": base64.StdEncoding.EncodeToString(append(iv, raw...)),
		} {
			n := mustRead(t, v, newPush("encrypt_type", encryptType, "biz_content", text).body())
			if string(n.Content) != content {
				t.Errorf("%s, key of %d bytes: %s (%v)", encryptType, size, n.Content, n.ContentError)
			}
		}
	}
}

// TestDeepNestingCostsNoMemory sends what crashes recursive readers.
func TestDeepNestingCostsNoMemory(t *testing.T) {
	const levels = 100_000
	const objects = 60_000 // as many as fit into a body
	for name, content := range map[string]string{
		"closed arrays":  strings.Repeat("[", levels) + strings.Repeat("]", levels),
		"open arrays":    strings.Repeat("[", levels),
		"objects":        strings.Repeat(`{"a":`, objects) + "1" + strings.Repeat("}", objects),
		"open strings":   strings.Repeat(`["`, levels),
		"closed as well": `{"a":` + strings.Repeat("[", levels) + strings.Repeat("]", levels) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			body := []byte(newPush("biz_content", content).body())
			v := mustVerifier(t)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			n, err := v.Notification(body)
			runtime.ReadMemStats(&after)
			if err != nil {
				t.Fatal(err)
			}
			if n.ContentError == nil {
				t.Error("read without complaint")
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 8*uint64(len(body)) {
				t.Errorf("reading %d bytes allocated %d", len(body), used)
			}
		})
	}
}

// TestMessagesAtTheLimits guards against limits that refuse genuine messages.
func TestMessagesAtTheLimits(t *testing.T) {
	v := mustVerifier(t)
	nested := strings.Repeat("[", alipay.MaxDepth) + strings.Repeat("]", alipay.MaxDepth)
	if n := mustRead(t, v, newPush("biz_content", nested).body()); string(n.Content) != nested {
		t.Errorf("the deepest allowed nesting: %v", n.ContentError)
	}
	long := `{"memo":"` + strings.Repeat("x", 900<<10) + `"}`
	if n := mustRead(t, v, newPush("biz_content", long).body()); string(n.Content) != long {
		t.Errorf("a long content: %v", n.ContentError)
	}
	braces := `{"memo":"` + strings.Repeat(`[{\"`, 1000) + `"}`
	if n := mustRead(t, v, newPush("biz_content", braces).body()); string(n.Content) != braces {
		t.Errorf("brackets inside a string count as nesting: %v", n.ContentError)
	}
}
