package verify

import (
	"encoding/base64"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"miniflow/alipay/diagnose"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/commandtest"
)

// sm2Message is a message to an app whose signing method is SM2, signed by openssl, with a + in its
// signature.
func (p *program) sm2Message() string {
	p.T.Helper()
	p.OpenSSL("", "genpkey", "-quiet", "-algorithm", "SM2", "-out", "sm2.pem")
	p.OpenSSL("", "pkey", "-in", "sm2.pem", "-pubout", "-out", "sm2_public.pem")
	fields := []string{"app_id", commandtest.AppID, "biz_content", rejection, "charset", "UTF-8", "msg_method", "alipay.open.mini.version.audit.rejected",
		"notify_id", "n1", "sign_type", "SM2", "utc_timestamp", "1795262401000", "version", "1.1"}
	var text, body []string
	for i := 0; i < len(fields); i += 2 {
		text = append(text, fields[i]+"="+fields[i+1])
		body = append(body, fields[i]+"="+url.QueryEscape(fields[i+1]))
	}
	p.Write("text", strings.Join(text, "&"))
	for {
		p.OpenSSL("", "pkeyutl", "-sign", "-inkey", "sm2.pem", "-in", "text", "-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678", "-out", "signature")
		sign := base64.StdEncoding.EncodeToString([]byte(p.Read(filepath.Join(p.Dir, "signature"))))
		if strings.Contains(sign, "+") { // four of five have one, and each is another
			return "sign=" + url.QueryEscape(sign) + "&" + strings.Join(body, "&")
		}
	}
}

// TestVerifyUnderSM2 has a genuine message, damages that are undone and so proven, and what can't be
// known.
func TestVerifyUnderSM2(t *testing.T) {
	p := newProgram(t)
	p.Keys()
	message := p.sm2Message()
	public := filepath.Join(p.Dir, "sm2_public.pem")
	v := commandtest.Asks[Valid](p.Program, command.ExitOK, "verify", "--public-key", public, p.Write("body", message))
	if !v.Valid || v.SignType != "SM2" || v.AppID != commandtest.AppID {
		t.Errorf("%+v", v)
	}
	p.Must("verify", "--public-key", public, p.Write("body", strings.Replace(message, "&sign_type=SM2", "", 1)))
	for name, c := range map[string]struct {
		message, key string
		cause        diagnose.Cause
		proven       bool
	}{
		"the sign's + became spaces":  {strings.ReplaceAll(message, "%2B", "+"), "sm2_public.pem", diagnose.CauseSignSpaces, true},
		"a parameter was added":       {message + "&route=x", "sm2_public.pem", diagnose.CauseAddedParameter, true},
		"sign_type says RSA2":         {strings.Replace(message, "sign_type=SM2", "sign_type=RSA2", 1), "sm2_public.pem", diagnose.CauseSignType, true},
		"the key is one of RSA":       {message, "alipay_public.pem", diagnose.CauseWrongKey, true},
		"it is signed with RSA":       {p.revocation(), "sm2_public.pem", diagnose.CauseWrongKey, true},
		"the text is another":         {strings.Replace(message, "n1", "n2", 1), "sm2_public.pem", diagnose.CauseWrongKey, false},
		"the sign is cut in its half": {"sign=" + message[5:50] + message[strings.Index(message, "&"):], "sm2_public.pem", diagnose.CauseSignTruncated, true},
	} {
		got := commandtest.Asks[Invalid](p.Program, command.ExitFailed, "verify", "--public-key", filepath.Join(p.Dir, c.key), p.Write("body", c.message))
		if len(got.Causes) == 0 || got.Causes[0].Cause != c.cause || got.Causes[0].Proven != c.proven {
			t.Errorf("%s: %+v", name, got.Causes)
		}
	}
}
