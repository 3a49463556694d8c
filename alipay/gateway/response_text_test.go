package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"

	"miniflow/alipay/internal/wire"
)

// inGBK encodes a text as the gateway does when it ignores the requested charset.
func inGBK(t *testing.T, text string) string {
	t.Helper()
	written, err := simplifiedchinese.GBK.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return written
}

// TestAnAnswerInGBKIsShownAsText, because a call in UTF-8 is sometimes answered in GBK, and
// an operator has to read Alipay's words.
func TestAnAnswerInGBKIsShownAsText(t *testing.T) {
	for name, words := range map[string]string{
		"the one that was reported": "系统繁忙", "a character with a backslash in it": "乗", "characters with braces in them": "亄亇匸",
		"a backslash before the end": `慢"乗`, "ASCII alone": "busy",
	} {
		quoted := strings.ReplaceAll(words, `"`, `\"`)
		object := inGBK(t, `{"code":"20000","msg":"Service Currently Unavailable","sub_code":"aop.unknow-error","sub_msg":"`+quoted+`"}`)
		inUTF8 := `{"code":"20000","msg":"Service Currently Unavailable","sub_code":"aop.unknow-error","sub_msg":"` + quoted + `"}`
		for way, body := range map[string]string{
			"unsigned":             fmt.Sprintf(`{"error_response":%s}`, object),
			"signed as it came":    fmt.Sprintf(`{"%s":%s,"sign":"%s"}`, queryMember, object, signAsAlipay(object)),
			"signed before":        fmt.Sprintf(`{"%s":%s,"sign":"%s"}`, queryMember, object, signAsAlipay(inUTF8)),
			"with the sign first":  fmt.Sprintf(`{"sign":"%s","%s":%s}`, signAsAlipay(object), queryMember, object),
			"with words around it": fmt.Sprintf(`{"x":"%s","error_response":%s}`, inGBK(t, words+"乗"), object),
		} {
			if strings.Contains(words, `"`) && way == "with words around it" {
				continue
			}
			t.Run(name+", "+way, func(t *testing.T) {
				_, err := interpretAs(t, body, nil)
				var failed *Error
				if !errors.As(err, &failed) || failed.SubMsg != words || failed.Code != "20000" || failed.SubCode != "aop.unknow-error" {
					t.Errorf("read as %v", err)
				}
			})
		}
	}
}

// TestASuccessInGBKIsRead checks that its content counts, and that it still has to be signed.
func TestASuccessInGBKIsRead(t *testing.T) {
	object := inGBK(t, success(`"order_no":"ORD1","memo":"待商家确认乗"`))
	response, err := interpretAs(t, fmt.Sprintf(`{"%s":%s,"sign":"%s"}`, queryMember, object, signAsAlipay(object)), nil)
	if err != nil || string(response.Content) != success(`"order_no":"ORD1","memo":"待商家确认乗"`) {
		t.Errorf("%+v, %v", response, err)
	}
	if _, err := interpretAs(t, fmt.Sprintf(`{"%s":%s,"sign":"%s"}`, queryMember, object, signAsAlipay(object+" ")), nil); !errors.Is(err, ErrBadSignature) {
		t.Errorf("a forged one: %v", err)
	}
}

// TestAnAnswerWithOddTextIsRead, because answers contain auditors' words too.
func TestAnAnswerWithOddTextIsRead(t *testing.T) {
	for name, c := range map[string]struct{ sent, want string }{
		"raw line breaks":   {"1.\r\n2.\t", "1.\r\n2.\t"},
		"a stray backslash": {`C:\dir\u12`, `C:\dir\u12`},
		"a cut character":   {"服务类目不符\xe8\xaf", "服务类目不符\ufffd"},
		"half an emoji":     {`\ud83d`, "\ufffd"},
		"a brace in it":     {"}\n{", "}\n{"},
	} {
		t.Run(name, func(t *testing.T) {
			object := success(`"reject_reason":"` + c.sent + `"`)
			response, err := interpretAs(t, fmt.Sprintf(`{"%s":%s,"sign":"%s"}`, queryMember, object, signAsAlipay(object)), nil)
			if err != nil {
				t.Fatal(err)
			}
			read, err := wire.ReadObject(response.Content)
			if err != nil || read.Text("reject_reason") != c.want {
				t.Errorf("read as %q (%v)", response.Content, err)
			}
		})
	}
}

// TestOddTextInListsOfAnAnswer, because some lists are JSON in a string, with the same
// careless texts inside.
func TestOddTextInListsOfAnAnswer(t *testing.T) {
	object := success(`"memos":"[{\"memo\":\"1.\n2.\"}]","names":"[\"a\tb\"]"`)
	response, err := interpretAs(t, fmt.Sprintf(`{"%s":%s,"sign":"%s"}`, queryMember, object, signAsAlipay(object)), nil)
	if err != nil {
		t.Fatal(err)
	}
	read, err := wire.ReadObject(response.Content)
	if err != nil {
		t.Fatal(err)
	}
	if memos := read.Objects("memos"); len(memos) != 1 || memos[0].Text("memo") != "1.\n2." || read.Failure() != nil {
		t.Errorf("read as %v (%v)", memos, read.Failure())
	}
	if names := read.Texts("names"); len(names) != 1 || names[0] != "a\tb" {
		t.Errorf("read as %q (%v)", names, read.Failure())
	}
}

// TestWhatIsMendedIsJSON checks that mending yields what a strict reader accepts, or fails,
// and that mending twice changes nothing more.
func TestWhatIsMendedIsJSON(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text := []byte(rapid.StringMatching(`(\{|\}|\[|\]|"|:|,|a|1|\\|\\u|d83d|de00|\n|\x00|\x{fffd}| ){0,30}`).Draw(r, "text"))
		mended, repairs, err := wire.ReadJSON(text)
		if err != nil {
			return
		}
		if !json.Valid(mended) || bytes.Contains(mended, []byte(`\ud83d"`)) {
			r.Fatalf("%q becomes %q", text, mended)
		}
		if json.Valid(text) && repairs == nil && !bytes.Equal(text, mended) {
			r.Fatalf("%q is changed without a word", text)
		}
		if again, more, err := wire.ReadJSON(mended); err != nil || more != nil || !bytes.Equal(again, mended) {
			r.Fatalf("%q is mended twice: %q, %v, %v", mended, again, more, err)
		}
	})
}
