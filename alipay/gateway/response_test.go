package gateway

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"miniflow/alipay"
	"miniflow/alipay/gateway/codes"
	"miniflow/alipay/keys"
)

// interpretAs reads body as the answer to a query order call.
func interpretAs(t testing.TB, body string, change func(*Config)) (*Response, error) {
	t.Helper()
	config := gatewayConfig()
	if change != nil {
		change(&config)
	}
	client, err := NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	return client.interpret(Request{Method: alipay.MethodQuery}, answer{status: 200, body: []byte(body)})
}

const queryMember = "alipay_open_mini_isv_query_response"

func TestSuccessesInEveryShapeTheyComeIn(t *testing.T) {
	plain := success(`"order_no":"ORD1"`)
	for _, test := range []struct{ name, object string }{
		{"plain", plain},
		{"nested braces", success(`"a":{"b":{"c":[{},{"d":{}}]}}`)},
		{"braces inside texts", success(`"a":"}{ \"sign\":\"x\" }","b":"{"`)},
		{"escaped quotes and backslashes", success(`"a":"\\","b":"\\\"}","c":"\u0022}"`)},
		{"escaped slashes that were signed", success(`"a":"http:\/\/example.com\/"`)},
		{"Chinese, raw and escaped", success(`"a":"中文","b":"\u4e2d"`)},
		{"white space that was signed", "{ \"code\" : \"10000\" ,\n\t\"a\":1 }"},
		{"code as a number", `{"code":10000}`},
		{"its own member named sign", success(`"sign":"inner"`)},
	} {
		signature := signAsAlipay(test.object)
		for layout, body := range map[string]string{
			"sign last":      fmt.Sprintf(`{"%s":%s,"sign":"%s"}`, queryMember, test.object, signature),
			"sign first":     fmt.Sprintf(`{"sign":"%s","%s":%s}`, signature, queryMember, test.object),
			"white space":    fmt.Sprintf(" {\n \"%s\" :  %s  ,\r\n\"sign\":\t\"%s\" }\n", queryMember, test.object, signature),
			"other members":  fmt.Sprintf(`{"x":{"sign":"y"},"%s":%s,"sign":"%s","z":null}`, queryMember, test.object, signature),
			"wrapped sign":   fmt.Sprintf(`{"%s":%s,"sign":"%s"}`, queryMember, test.object, signature[:76]+`\n`+signature[76:]),
			"error_response": fmt.Sprintf(`{"error_response":%s,"sign":"%s"}`, test.object, signature),
		} {
			t.Run(test.name+", "+layout, func(t *testing.T) {
				response, err := interpretAs(t, body, nil)
				if err != nil {
					t.Fatal(err)
				}
				if string(response.Content) != test.object {
					t.Errorf("content %s, want the signed bytes %s", response.Content, test.object)
				}
			})
		}
	}
}

// When the original text does not verify, the one with \/ read as / may, and then that one is
// read.
func TestSlashesEscapedAfterSigning(t *testing.T) {
	signed := success(`"authorize_url":"https://a/b"`)
	sent := strings.ReplaceAll(signed, "/", `\/`)
	response, err := interpretAs(t, fmt.Sprintf(`{"%s":%s,"sign":"%s"}`, queryMember, sent, signAsAlipay(signed)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if string(response.Content) != signed {
		t.Errorf("content %s, want what was signed: %s", response.Content, signed)
	}
}

func TestAnswersThatProveNothing(t *testing.T) {
	good := success(`"order_no":"ORD1"`)
	sign := signAsAlipay(good)
	refused := failure("40004", "ONGOING_ORDER_EXIST", "")
	for _, test := range []struct {
		name, body string
		want       error
	}{
		{"success without sign", fmt.Sprintf(`{"%s":%s}`, queryMember, good), ErrUnsigned},
		{"success with an empty sign", fmt.Sprintf(`{"%s":%s,"sign":""}`, queryMember, good), ErrUnsigned},
		{"success with the sign of another text", fmt.Sprintf(`{"%s":%s,"sign":"%s"}`, queryMember, good, signAsAlipay("x")), ErrBadSignature},
		{"failure with a bad sign", fmt.Sprintf(`{"%s":%s,"sign":"%s"}`, queryMember, refused, sign), ErrBadSignature},
		{"sign is not base64", fmt.Sprintf(`{"%s":%s,"sign":"***"}`, queryMember, good), ErrBadSignature},
		{"sign spelt another way", fmt.Sprintf(`{"%s":%s,"sign":"%s"}`, queryMember, good, respell(sign)), ErrBadSignature},
		{"sign is an object", fmt.Sprintf(`{"%s":%s,"sign":{}}`, queryMember, good), ErrUnreadable},
		{"response twice, good one first", fmt.Sprintf(`{"%s":%s,"%s":%s,"sign":"%s"}`, queryMember, good, queryMember, success(`"order_no":"EVIL"`), sign), ErrUnreadable},
		{"response twice, good one last", fmt.Sprintf(`{"%s":%s,"%s":%s,"sign":"%s"}`, queryMember, success(`"order_no":"EVIL"`), queryMember, good, sign), ErrUnreadable},
		{"response twice, one name escaped", fmt.Sprintf(`{"\u0061%s":%s,"%s":%s,"sign":"%s"}`, queryMember[1:], good, queryMember, good, sign), ErrUnreadable},
		{"sign twice", fmt.Sprintf(`{"%s":%s,"sign":"x","sign":"%s"}`, queryMember, good, sign), ErrUnreadable},
		{"response and error_response", fmt.Sprintf(`{"%s":%s,"error_response":%s,"sign":"%s"}`, queryMember, good, refused, sign), ErrUnreadable},
		{"answer to another method", signedAnswer(alipay.MethodCreate, good), ErrUnreadable},
		{"something after the object", signedAnswer(alipay.MethodQuery, good) + "{}", ErrUnreadable},
		{"a list", "[" + signedAnswer(alipay.MethodQuery, good) + "]", ErrUnreadable},
		{"a response that is a number", fmt.Sprintf(`{"%s":1,"sign":"%s"}`, queryMember, signAsAlipay("1")), ErrUnreadable},
		{"no code", signedAnswer(alipay.MethodQuery, `{"order_no":"ORD1"}`), ErrUnreadable},
		{"code is null", signedAnswer(alipay.MethodQuery, `{"code":null}`), ErrUnreadable},
		{"service unavailable", signedAnswer(alipay.MethodQuery, failure("20000", "isp.unknow-error", "")), ErrUnavailable},
		{"service unavailable, unsigned", fmt.Sprintf(`{"error_response":%s}`, failure("20000", "", "")), ErrUnavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			response, err := interpretAs(t, test.body, nil)
			if response != nil || ClassOf(err) != codes.ClassUnknown || !errors.Is(err, test.want) {
				t.Errorf("got %v and error %v, want an unknown result: %v", response, err, test.want)
			}
		})
	}
}

// respell changes bits of the last base64 character that carry no data.
func respell(sign string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	body := strings.TrimRight(sign, "=")
	last := strings.IndexByte(alphabet, body[len(body)-1])
	return body[:len(body)-1] + string(alphabet[last^1]) + sign[len(body):]
}

// A failure is accepted without a signature, because the gateway can't sign for an app that
// it does not know.
func TestFailuresSignedOrNot(t *testing.T) {
	object := failure("40002", "isv.invalid-app-id", "no such app")
	for name, body := range map[string]string{
		"signed":                   signedAnswer(alipay.MethodQuery, object),
		"unsigned":                 fmt.Sprintf(`{"%s":%s}`, queryMember, object),
		"unsigned, error_response": fmt.Sprintf(`{"error_response":%s}`, object),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := interpretAs(t, body, nil)
			var failed *Error
			if !errors.As(err, &failed) || failed.Code != "40002" || failed.SubCode != "isv.invalid-app-id" || failed.Class != codes.ClassPermanent {
				t.Errorf("error %v, want 40002 isv.invalid-app-id, permanent", err)
			}
		})
	}
}

// An answer cut at any byte is never a success, and neither is one with any byte changed,
// unless it still reads as the very same signed bytes.
func TestCutOrChangedAtEveryByte(t *testing.T) {
	signed := success(`"a":{"b":"}\"{","url":"http:\/\/x"},"order_no":"ORD1"`)
	body := signedAnswer(alipay.MethodQuery, signed)
	for at := range len(body) {
		if response, err := interpretAs(t, body[:at], nil); response != nil || ClassOf(err) != codes.ClassUnknown {
			t.Fatalf("cut at byte %d: got %v and error %v, want an unknown result", at, response, err)
		}
		for _, change := range []byte{1, 0x20, 0x80} {
			changed := []byte(body)
			changed[at] ^= change
			response, err := interpretAs(t, string(changed), nil)
			if (response == nil) == (err == nil) {
				t.Fatalf("byte %d changed: got both or neither of %v and %v", at, response, err)
			}
			if response != nil && string(response.Content) != signed {
				t.Fatalf("byte %d changed: read %s", at, response.Content)
			}
		}
	}
}

func TestSeveralAlipayKeys(t *testing.T) {
	next := newGatewayKey()
	body := signedAnswer(alipay.MethodQuery, success(""))
	for _, test := range []struct {
		name string
		keys []keys.PublicKey
		want error
	}{
		{"the old and the next key", []keys.PublicKey{&next.PublicKey, &gatewayAlipayKey().PublicKey}, nil},
		{"the next key alone", []keys.PublicKey{&next.PublicKey}, ErrBadSignature},
		{"no key", nil, ErrBadSignature},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := interpretAs(t, body, func(c *Config) {
				c.AlipayKey = func(string) []keys.PublicKey { return test.keys }
			})
			if !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
		})
	}
}

func TestTheCertificateThatAnAnswerNamesChoosesTheKey(t *testing.T) {
	object := success("")
	body := func(sn string) string {
		return fmt.Sprintf(`{"%s":%s,"alipay_cert_sn":"%s","sign":"%s"}`, queryMember, object, sn, signAsAlipay(object))
	}
	byNumber := func(c *Config) {
		c.AppCertSN, c.AlipayRootCertSN = "aa", "bb"
		c.AlipayKey = func(sn string) []keys.PublicKey {
			return map[string][]keys.PublicKey{"0a": {&gatewayAlipayKey().PublicKey}}[sn]
		}
	}
	if _, err := interpretAs(t, body("0a"), byNumber); err != nil {
		t.Errorf("the known certificate: %v", err)
	}
	_, err := interpretAs(t, body("0b"), byNumber)
	var unknown *UnknownCertificateError
	if !errors.As(err, &unknown) || unknown.SN != "0b" || !errors.Is(err, ErrUnknownCert) || ClassOf(err) != codes.ClassUnknown {
		t.Errorf("error %v, want one of its kind that names certificate 0b", err)
	}
	if !strings.Contains(err.Error(), "download certificate 0b and check its chain") {
		t.Errorf("error %v, want it to say what to do", err)
	}
	if _, err := interpretAs(t, body("not a number"), byNumber); !errors.Is(err, ErrUnreadable) {
		t.Errorf("error %v, want a serial number that is none refused", err)
	}
}

func TestEncryptedAnswers(t *testing.T) {
	key := []byte("0123456789abcdef")
	object := success(`"order_no":"ORD1"`)
	quoted := `"` + encryptAES(t, key, object) + `"`
	withKey := func(c *Config) { c.AESKey = key }
	for _, test := range []struct {
		name, body string
		change     func(*Config)
		want       error
	}{
		{"opened", signedAnswer(alipay.MethodQuery, quoted), withKey, nil},
		{"signed without its quotes", fmt.Sprintf(`{"%s":%s,"sign":"%s"}`, queryMember, quoted, signAsAlipay(strings.Trim(quoted, `"`))), withKey, ErrBadSignature},
		{"unsigned", fmt.Sprintf(`{"%s":%s}`, queryMember, quoted), withKey, ErrUnsigned},
		{"an unsigned failure", fmt.Sprintf(`{"%s":"%s"}`, queryMember, encryptAES(t, key, failure("40004", "X", ""))), withKey, ErrUnsigned},
		{"no key configured", signedAnswer(alipay.MethodQuery, quoted), nil, errUndecryptable},
		{"another key", signedAnswer(alipay.MethodQuery, quoted), func(c *Config) { c.AESKey = []byte("fedcba9876543210") }, errUndecryptable},
		{"not encrypted at all", signedAnswer(alipay.MethodQuery, `"hello"`), withKey, errUndecryptable},
	} {
		t.Run(test.name, func(t *testing.T) {
			response, err := interpretAs(t, test.body, test.change)
			switch {
			case !errors.Is(err, test.want):
				t.Errorf("error %v, want %v", err, test.want)
			case test.want == nil && string(response.Content) != object:
				t.Errorf("content %s, want %s", response.Content, object)
			}
		})
	}
}

func encryptAES(t testing.TB, key []byte, text string) string {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	padding := aes.BlockSize - len(text)%aes.BlockSize
	data := []byte(text + strings.Repeat(string(rune(padding)), padding))
	cipher.NewCBCEncrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(data, data) //nolint:gosec // the zero IV is the protocol's
	return base64.StdEncoding.EncodeToString(data)
}
