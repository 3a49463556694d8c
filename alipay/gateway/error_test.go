package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"miniflow/alipay"
	"miniflow/alipay/gateway/codes"
)

// refusals has one sub code of each class, with the method that answers it; the one without a
// method is a code of the gateway itself.
var refusals = map[codes.Class]struct{ method, code, subCode string }{
	codes.ClassUnknown:       {alipay.MethodUpload, "20000", ""},
	codes.ClassRetry:         {alipay.MethodCreate, "40004", "SYSTEM_ERROR"},
	codes.ClassWait:          {alipay.MethodCreate, "40004", "ONGOING_ORDER_EXIST"},
	codes.ClassQuery:         {alipay.MethodCreate, "40004", "ORDER_FINISHED"},
	codes.ClassFix:           {alipay.MethodCreate, "40004", "NOT_UNIQUE"},
	codes.ClassAuthorization: {alipay.MethodUpload, "40004", "NO_AUTH_RELATION"},
	codes.ClassPermanent:     {alipay.MethodCreate, "40004", "HAS_RISK"},
}

func TestEveryClassIsReached(t *testing.T) {
	for _, class := range codes.Classes() {
		refusal, known := refusals[class]
		if !known {
			t.Errorf("no refusal of class %s is tried", class)
		}
		gateway := answering(t, refusal.method, failure(refusal.code, refusal.subCode, "reason"))
		if refusal.method == alipay.MethodCreate {
			_, err := gateway.client(nil).CreateMiniProgram(t.Context(), "OUT1", []byte(fitCreate))
			wantClass(t, err, class)
			continue
		}
		_, err := gateway.client(nil).UploadVersion(t.Context(), "T", fitUpload)
		wantClass(t, err, class)
	}
}

func wantClass(t *testing.T, err error, want codes.Class) {
	t.Helper()
	if got := ClassOf(err); got != want {
		t.Errorf("class %q of %v, want %q", got, err, want)
	}
}

func TestClassOf(t *testing.T) {
	wrapped := fmt.Errorf("submit: %w", &Error{Meaning: codes.Meaning{Class: codes.ClassWait}})
	for _, test := range []struct {
		name string
		err  error
		want codes.Class
	}{
		{"none", nil, ""},
		{"wrapped", wrapped, codes.ClassWait},
		{"somebody else's", context.Canceled, codes.ClassUnknown},
	} {
		if got := ClassOf(test.err); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestErrorTextsSayWhatToDo(t *testing.T) {
	gateway := answering(t, alipay.MethodAuditApply, failure("40004", "LOGO_IS_BLANK", "logo为空"))
	_, err := gateway.client(nil).ApplyAudit(t.Context(), "T", "1.0.0", "", fitSubmission(nil), nil)
	want := "call alipay.open.mini.version.audit.apply: 40004 LOGO_IS_BLANK Business Failed logo为空 (fix: app_logo); correct the named fields and send again [trace 0a1b2c3d]"
	if err == nil || err.Error() != want {
		t.Errorf("error\n%v, want\n%s", err, want)
	}

	lost := newFakeGateway(t, statusWith(http.StatusBadGateway, ""))
	_, err = lost.client(nil).ApplyAudit(t.Context(), "T", "1.0.0", "", fitSubmission(nil), nil)
	want = "call alipay.open.mini.version.audit.apply: HTTP 502: the HTTP status is a server's error or a redirect (unknown); query what became of it before repeating it"
	if err == nil || err.Error() != want {
		t.Errorf("error\n%v, want\n%s", err, want)
	}
}

// Canaries: the personal values and tokens of a request. Alipay repeats all of them in its
// answer, unchanged and written in groups.
var canaries = []string{
	"202411BBcanarytoken0123456789abcdefX01", "13800138000", "法人金丝雀", "91330100CANARY799Y",
	"canary@example.com", "canary-password", "canary-code", "杭州金丝雀餐饮有限公司",
}

func TestErrorsRepeatNothingAboutPeople(t *testing.T) {
	echo := strings.Join(canaries, ",") + ", 138-0013-8000, 138 0013 8000, 2088102146225135, +8613800138000"
	fields, err := json.Marshal(map[string]any{
		"contact_phone": canaries[1], "cert_no": canaries[3], "cert_name": canaries[7], "legal_personal_name": "x",
		"alipay_account": "y", "app_name": "canary", "contact_name": "z",
		"people": []map[string]string{{"legal_personal_name": canaries[2]}},
	})
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{"service_email": canaries[4], "test_password": canaries[5], "license_name": canaries[7], "license_no": canaries[3]}
	calls := map[string]func(*Client) error{
		alipay.MethodCreate: func(c *Client) error {
			_, err := c.CreateMiniProgram(t.Context(), "OUT1", fields)
			return err
		},
		alipay.MethodAuditApply: func(c *Client) error {
			_, err := c.ApplyAudit(t.Context(), alipay.Secret(canaries[0]), "1.0.0", "", fitSubmission(texts), nil)
			return err
		},
		alipay.MethodToken: func(c *Client) error {
			_, err := c.ExchangeCode(t.Context(), alipay.Secret(canaries[6]))
			return err
		},
		alipay.MethodTokenQuery: func(c *Client) error {
			_, err := c.QueryToken(t.Context(), alipay.Secret(canaries[0]))
			return err
		},
	}
	sent := map[string][]int{alipay.MethodCreate: {1, 2, 3, 7}, alipay.MethodAuditApply: {0, 3, 4, 5, 7}, alipay.MethodToken: {6}, alipay.MethodTokenQuery: {0}}
	for method, call := range calls {
		t.Run(method, func(t *testing.T) {
			gateway := newFakeGateway(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("trace_id", echo)
				_, _ = w.Write([]byte(signedAnswer(method, failure("40004", "X", echo))))
			})
			err := call(gateway.client(nil))
			if err == nil {
				t.Fatal("no error")
			}
			shown := fmt.Sprintf("%v %+v %#v", err, err, err)
			for _, at := range sent[method] {
				if strings.Contains(shown, canaries[at]) {
					t.Errorf("the error repeats %q: %v", canaries[at], err)
				}
			}
			for _, digits := range []string{"138-0013-8000", "138 0013 8000", "2088102146225135", "13800138000"} {
				if strings.Contains(shown, digits) {
					t.Errorf("the error repeats %q: %v", digits, err)
				}
			}
		})
	}
}

// The transport's own errors contain the address, and so the token.
func TestTransportErrorsHoldNoToken(t *testing.T) {
	token := alipay.Secret(canaries[0])
	echo := "http://[" + token.Reveal() + "/\x7f" // a Location that can't be parsed is quoted in the error
	for name, answer := range map[string]http.HandlerFunc{
		"broken connection": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"broken redirect": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", echo)
			w.WriteHeader(http.StatusFound)
		},
		"half an answer": half(strings.Repeat(token.Reveal(), 9)),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newFakeGateway(t, answer).client(nil).QueryVersion(t.Context(), token, "1.0.0", "")
			if err == nil || strings.Contains(err.Error(), token.Reveal()) || strings.Contains(err.Error(), "app_id=") {
				t.Errorf("error %v, want one without the token and without the address", err)
			}
		})
	}
}

func TestAlipaysWordsAreCutAndCleaned(t *testing.T) {
	long := strings.Repeat("中", 400)
	gateway := answering(t, alipay.MethodQuery, failure("40004", "X\r\ny", "a\r\n\x1b[31mlevel=error"+long))
	_, err := gateway.client(nil).QueryMiniProgramOrder(t.Context(), "ORD1")
	var failed *Error
	if !errors.As(err, &failed) {
		t.Fatalf("error %v, want an *Error", err)
	}
	if len(failed.SubMsg) > 512 || !utf8.ValidString(failed.SubMsg) || !strings.HasSuffix(failed.SubMsg, "…") {
		t.Errorf("message of %d bytes, want at most 512, whole characters, marked as cut", len(failed.SubMsg))
	}
	if strings.ContainsAny(err.Error(), "\r\n\x1b") {
		t.Errorf("control characters are left in %q", err.Error())
	}
}
