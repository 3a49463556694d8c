package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"

	"miniflow/alipay/gateway/codes"
	"miniflow/alipay/gateway/rules"
)

// Fields that break no rule.
const (
	fitCreate = `{"alipay_account":"a@b.cn","app_name":"一间咖啡","cert_name":"杭州咖啡","cert_no":"91330100",
		"contact_name":"法人甲","contact_phone":"13800138000","legal_personal_name":"法人甲"}`
	fitTrial = `{"uid":"2088000000000001","app_name":"一间咖啡"}`
)

var fitUpload = rules.Upload{TemplateID: "TPL", AppVersion: testVersion}

// fitSubmission breaks no rule; more fields replace its own.
func fitSubmission(more map[string]string) map[string]string {
	fields := map[string]string{"version_desc": "第一个版本，请审核这个小程序的内容", "region_type": "CHINA"}
	maps.Copy(fields, more)
	return fields
}

// attempted is a call with the fields that it is refused for; empty when it is fit to be
// sent.
type attempted struct {
	call func(context.Context, *Client) error
	want string
}

// TestBrokenRulesStopACallBeforeItLeaves checks that a call that Alipay is sure to refuse is
// refused here, with every field named, and that nothing is sent.
func TestBrokenRulesStopACallBeforeItLeaves(t *testing.T) {
	all := map[string]attempted{}
	for _, some := range []map[string]attempted{attemptedNames(), attemptedOrders(t), attemptedUploads(), attemptedSubmissions(t)} {
		maps.Copy(all, some)
	}
	for what, test := range all {
		t.Run(what, func(t *testing.T) {
			gateway := newFakeGateway(t, statusWith(http.StatusBadGateway, ""))
			err := test.call(t.Context(), gateway.client(nil))
			var failed *Error
			if !errors.As(err, &failed) {
				t.Fatalf("error %v", err)
			}
			if test.want == "" {
				if failed.Class != codes.ClassUnknown || len(gateway.calls) != 1 {
					t.Errorf("error %v after %d calls, want it sent", err, len(gateway.calls))
				}
				return
			}
			if failed.Class != codes.ClassFix || !errors.Is(err, ErrNotSent) || len(gateway.calls) != 0 || strings.Join(failed.Fields, ",") != test.want {
				t.Errorf("fields %v after %d calls, want %s and none: %v", failed.Fields, len(gateway.calls), test.want, err)
			}
			for _, field := range failed.Fields {
				if !strings.Contains(failed.Advice, field+": ") {
					t.Errorf("the advice does not say what to do about %s: %s", field, failed.Advice)
				}
			}
		})
	}
}

func attemptedNames() map[string]attempted {
	name := func(text string) func(context.Context, *Client) error {
		return func(ctx context.Context, c *Client) error { _, err := c.CheckName(ctx, "", text); return err }
	}
	return map[string]attempted{
		"name of two letters":                {name("ab"), "app_name"},
		"name of fifteen Chinese characters": {name(strings.Repeat("名", 15)), ""},
		"name of sixteen Chinese characters": {name(strings.Repeat("名", 16)), "app_name"},
		"gray release of another share": {func(ctx context.Context, c *Client) error {
			return c.GoGray(ctx, testToken, testVersion, "", "p99")
		}, "gray_strategy"},
		"invitation to nobody": {func(ctx context.Context, c *Client) error {
			_, err := c.Invite(ctx, Invitation{RedirectURL: "nowhere"})
			return err
		}, "auth_app_id,redirect_url"},
	}
}

// changed returns the fields with something changed.
func changed(t *testing.T, base string, change func(map[string]any)) json.RawMessage {
	t.Helper()
	var given map[string]any
	if err := json.Unmarshal([]byte(base), &given); err != nil {
		t.Fatal(err)
	}
	change(given)
	text, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func attemptedOrders(t *testing.T) map[string]attempted {
	create := func(number string, change func(map[string]any)) func(context.Context, *Client) error {
		return func(ctx context.Context, c *Client) error {
			_, err := c.CreateMiniProgram(ctx, number, changed(t, fitCreate, change))
			return err
		}
	}
	asItIs := func(map[string]any) {}
	return map[string]attempted{
		"create":                             {create("OUT-1_a", asItIs), ""},
		"create under a long number":         {create(strings.Repeat("1", 33), asItIs), "out_order_no"},
		"create under a number with a slash": {create("a/b", asItIs), "out_order_no"},
		"create under no number":             {create("", asItIs), "out_order_no"},
		"create without a licence's number":  {create("OUT1", func(m map[string]any) { delete(m, "cert_no") }), "cert_no"},
		"create with two things wrong":       {create("a b", func(m map[string]any) { m["app_name"] = strings.Repeat("名", 16) }), "out_order_no,app_name"},
		"create with words for a picture":    {create("OUT1", func(m map[string]any) { m["license_pic"] = "not base64!" }), "license_pic"},
		"trial without its merchant's number": {func(ctx context.Context, c *Client) error {
			_, err := c.CreateTrial(ctx, "OUT1", changed(t, fitTrial, func(m map[string]any) { delete(m, "uid") }))
			return err
		}, "uid"},
	}
}

func attemptedUploads() map[string]attempted {
	upload := func(change func(*rules.Upload)) func(context.Context, *Client) error {
		return func(ctx context.Context, c *Client) error {
			given := fitUpload
			change(&given)
			_, err := c.UploadVersion(ctx, testToken, given)
			return err
		}
	}
	return map[string]attempted{
		"upload":                                 {upload(func(*rules.Upload) {}), ""},
		"upload of nothing":                      {upload(func(u *rules.Upload) { *u = rules.Upload{} }), "template_id,app_version"},
		"upload under two numbers":               {upload(func(u *rules.Upload) { u.AppVersion = "1.0" }), "app_version"},
		"upload under a number above 2147483647": {upload(func(u *rules.Upload) { u.AppVersion = "1.0.2147483648" }), "app_version"},
		"upload under a number of 2147483647":    {upload(func(u *rules.Upload) { u.AppVersion = "1.0.2147483647" }), ""},
		"upload of a template's latest":          {upload(func(u *rules.Upload) { u.TemplateVersion = "latest" }), "template_version"},
		"upload with a list as configuration":    {upload(func(u *rules.Upload) { u.Ext = json.RawMessage(`[1]`) }), "ext"},
	}
}

func attemptedSubmissions(t *testing.T) map[string]attempted {
	submit := func(texts map[string]string, files ...rules.File) func(context.Context, *Client) error {
		return func(ctx context.Context, c *Client) error {
			_, err := c.ApplyAudit(ctx, testToken, testVersion, "", fitSubmission(texts), files)
			return err
		}
	}
	long := strings.Repeat("字", 251)
	return map[string]attempted{
		"submission":                              {submit(nil, rules.File{Field: "app_logo", Content: pngOf(t, 180, 180)}), ""},
		"submission of 14 Chinese characters":     {submit(map[string]string{"version_desc": strings.Repeat("字", 14)}), "version_desc"},
		"submission of 251 Chinese characters":    {submit(map[string]string{"version_desc": long}), "version_desc"},
		"submission with a logo out of square":    {submit(nil, rules.File{Field: "app_logo", Content: pngOf(t, 180, 90)}), "app_logo"},
		"submission with a file of another kind":  {submit(nil, rules.File{Field: "first_license_pic", Content: []byte("%PDF-1.7")}), "first_license_pic"},
		"submission with a text and a file wrong": {submit(map[string]string{"memo": long}, rules.File{Field: "app_logo", Content: nil}), "memo,app_logo"},
	}
}
