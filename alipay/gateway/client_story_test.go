package gateway_test

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/rules"
	"miniflow/alipay/keys"
)

const (
	storyVersion = "1.0.0"
	nextVersion  = "1.0.1"
	createFields = `{"alipay_account":"a@example.com","app_name":"一间<咖啡>&+%","cert_name":"示例餐饮","cert_no":"91330000000000000X",
		"contact_name":"联系人","contact_phone":"13800000000","legal_personal_name":"法人"}`
)

// story is the life of two mini programs, as far as it has been told.
type story struct {
	*platform
	client  *gateway.Client
	ctx     context.Context
	orderNo string
	trialNo string
	miniApp string
	token   alipay.Secret
	refresh alipay.Secret
}

// chapter is one typed method in its place: what happens before, the call, and
// what has to come of it.
type chapter struct {
	method string // of Client
	before func(*story)
	call   func(*story) (any, error)
	want   func(*story, any) bool
}

// unsimulated are the methods of Client that the simulator does not speak, since
// it keeps no gray releases, no trial versions and no invitations; they are
// checked against the fake gateway alone. Call is behind all of them, and TryKeys,
// which encrypts in its own way, has tests of its own.
var unsimulated = []string{"Call", "TryKeys", "CreateExperience", "QueryExperience", "CancelExperience", "GoGray", "CancelGray", "Invite"}

// TestEveryTypedMethodAgainstTheSimulator tells one story in every mode. The two
// sides were written apart, from the protocol alone.
func TestEveryTypedMethodAgainstTheSimulator(t *testing.T) {
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			p := newPlatform(t, m)
			s := &story{platform: p, client: p.client(), ctx: patient(t)}
			told := map[string]bool{}
			for i, c := range slices.Concat(creationChapters(), tokenChapters(), auditChapters(), releaseChapters(), certificateChapters(m)) {
				told[c.method] = true
				if c.before != nil {
					c.before(s)
				}
				got, err := c.call(s)
				if err != nil {
					t.Fatalf("chapter %d, %s: %v", i+1, c.method, err)
				}
				if c.want != nil && !c.want(s, got) {
					t.Fatalf("chapter %d, %s: %+v", i+1, c.method, got)
				}
			}
			checkTold(t, m, told)
			checkWire(t, m, p.wire)
		})
	}
}

// checkTold : whoever adds a typed method tells here what comes of it.
func checkTold(t *testing.T, m mode, told map[string]bool) {
	t.Helper()
	client := reflect.TypeFor[*gateway.Client]()
	for i := range client.NumMethod() {
		name := client.Method(i).Name
		if name == "DownloadAlipayCertificate" && !m.certificates {
			continue
		}
		if !told[name] && !slices.Contains(unsimulated, name) {
			t.Errorf("%s was never called", name)
		}
	}
}

// checkWire : with EncryptType no content and no answer to one can be read on the
// way; without it, key or no key, everything can.
func checkWire(t *testing.T, m mode, w *wire) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	contents := 0
	for i, content := range w.contents {
		if content == "" {
			if w.encryptTypes[i] != "" {
				t.Errorf("call %d has no biz_content and encrypt_type %q", i, w.encryptTypes[i])
			}
			continue // multipart: fields of their own, in the clear
		}
		contents++
		readable := json.Valid([]byte(content))
		answered := strings.Contains(w.answers[i], `"code":"10000"`)
		if readable == m.encrypted || answered == m.encrypted || (w.encryptTypes[i] == gateway.EncryptAES) != m.encrypted {
			t.Errorf("call %d: encrypt_type %q, biz_content %.40s, answer %.80s", i, w.encryptTypes[i], content, w.answers[i])
		}
	}
	if contents < 20 || contents == len(w.contents) {
		t.Errorf("%d of %d calls carried biz_content, want most and not all", contents, len(w.contents))
	}
}

func creationChapters() []chapter {
	return []chapter{
		{method: "CheckName",
			call: func(s *story) (any, error) { return s.client.CheckName(s.ctx, "", "一间咖啡") },
			want: func(_ *story, got any) bool { return got.(gateway.NameCheck).Usable() }},
		{method: "CreateMiniProgram", call: createFormal,
			want: func(s *story, got any) bool { s.orderNo = got.(string); return s.orderNo != "" }},
		{method: "CreateMiniProgram", call: createFormal, // the same number again, as after a lost answer
			want: func(s *story, got any) bool { return got == s.orderNo }},
		{method: "CreateTrial",
			call: func(s *story) (any, error) {
				return s.client.CreateTrial(s.ctx, "trial-1", json.RawMessage(`{"uid":"2088000000000002","app_name":"小店"}`))
			},
			want: func(s *story, got any) bool {
				s.trialNo = got.(gateway.TrialCreated).OrderNo
				return got.(gateway.TrialCreated).AuthorizeURL != ""
			}},
		{method: "QueryMiniProgramOrder", call: queryOrder,
			want: func(_ *story, got any) bool { return got.(gateway.MerchantOrder).Status == alipay.MerchantProcess }},
		{method: "QueryMiniProgramOrder", before: func(s *story) { s.pass(10 * time.Minute) }, call: queryOrder,
			want: func(s *story, got any) bool {
				answer := got.(gateway.MerchantOrder)
				s.miniApp = answer.MiniAppID
				return answer.Status == alipay.MerchantAgreed && answer.OutOrderNo == "formal-1" && answer.PID != ""
			}},
		{method: "QueryTrial",
			call: func(s *story) (any, error) { return s.client.QueryTrial(s.ctx, s.trialNo) },
			want: func(_ *story, got any) bool {
				answer := got.(gateway.TrialOrder)
				return answer.Status == alipay.FastRegisterCreated && answer.MiniAppID != "" && answer.AppName == "小店的试用小程序"
			}},
	}
}

func createFormal(s *story) (any, error) {
	return s.client.CreateMiniProgram(s.ctx, "formal-1", json.RawMessage(createFields))
}

func queryOrder(s *story) (any, error) { return s.client.QueryMiniProgramOrder(s.ctx, s.orderNo) }

func tokenChapters() []chapter {
	authorized := func(s *story, got any) bool {
		tokens := got.([]gateway.AppToken)
		s.token, s.refresh = tokens[0].Token, tokens[0].RefreshToken
		return len(tokens) == 1 && tokens[0].AuthAppID == s.miniApp && s.refresh != ""
	}
	code := ""
	return []chapter{
		{method: "ExchangeCode",
			before: func(s *story) {
				var view map[string]string
				s.manage(http.MethodPost, "mini-programs/"+s.miniApp+"/authorize", `{"via":"link"}`, &view)
				code = view["app_auth_code"]
			},
			call: func(s *story) (any, error) { return s.client.ExchangeCode(s.ctx, alipay.Secret(code)) }, want: authorized},
		{method: "RefreshToken",
			call: func(s *story) (any, error) { return s.client.RefreshToken(s.ctx, s.refresh) }, want: authorized},
		{method: "QueryToken",
			call: func(s *story) (any, error) { return s.client.QueryToken(s.ctx, s.token) },
			want: func(s *story, got any) bool {
				status := got.(gateway.TokenStatus)
				return status.Valid && status.AuthAppID == s.miniApp && len(status.Methods) > 0 && status.FullDelegation && !status.Start.IsZero()
			}},
	}
}

// does is a chapter whose answer says no more than that it was done.
func does(method string, before func(*story), call func(*story) error) chapter {
	return chapter{method: method, before: before, call: func(s *story) (any, error) { return nil, call(s) }}
}

// stands is a chapter that finds the first version somewhere.
func stands(status gateway.VersionStatus, more func(gateway.VersionDetail) bool) chapter {
	return chapter{method: "QueryVersion",
		call: func(s *story) (any, error) { return s.client.QueryVersion(s.ctx, s.token, storyVersion, "") },
		want: func(_ *story, got any) bool {
			detail := got.(gateway.VersionDetail)
			return detail.Status == status && (more == nil || more(detail))
		}}
}

func upload(version string) chapter {
	return chapter{method: "UploadVersion",
		call: func(s *story) (any, error) {
			return s.client.UploadVersion(s.ctx, s.token, rules.Upload{TemplateID: "2021000000000777", TemplateVersion: "0.0.9",
				AppVersion: version, Ext: json.RawMessage(`{"shop":"一间<咖啡>"}`)})
		},
		want: func(_ *story, got any) bool { return !got.(gateway.Build).Done() && got.(gateway.Build).NeedRotation }}
}

func submit(version string) chapter {
	return chapter{method: "ApplyAudit", call: func(s *story) (any, error) {
		fields := map[string]string{"version_desc": "第一个版本，请审核这个小程序的全部内容 & +", "region_type": "CHINA", "audit_rule": "BASE_PROMOTE",
			"app_name": "一间咖啡", "app_english_name": "cafe", "app_slogan": "好喝的咖啡在这里等你", "app_desc": "街角的一间咖啡馆，每天现磨现做", "mini_category_ids": "XS1001_XS2001",
			"service_phone": "0571-88156688"}
		return s.client.ApplyAudit(s.ctx, s.token, version, "", fields, []rules.File{{Field: "app_logo", Content: squareLogo(s.t)}})
	}}
}

func auditChapters() []chapter {
	reviewed := func(body string) func(*story) {
		return func(s *story) { s.manage(http.MethodPost, "mini-programs/"+s.miniApp+"/audit", body, nil) }
	}
	rejected := stands(gateway.VersionAuditReject, func(d gateway.VersionDetail) bool {
		return d.BaseAudit == alipay.AuditReject && d.BaseReason.Memos[0].Memo == "类目不符" && !d.SubmittedAt.IsZero() && !d.AuditEndedAt.IsZero()
	})
	rejected.before = reviewed(`{"result":"reject","reasons":[{"memo":"类目不符"}]}`)
	passed := stands(gateway.VersionWaitRelease, func(d gateway.VersionDetail) bool { return d.CanRelease })
	passed.before = reviewed(`{"result":"pass"}`)
	return []chapter{
		upload(storyVersion),
		{method: "QueryBuild", before: func(s *story) { s.pass(10 * time.Minute) },
			call: func(s *story) (any, error) { return s.client.QueryBuild(s.ctx, s.token, storyVersion, "") },
			want: func(_ *story, got any) bool { return got.(gateway.Build).Done() }},
		stands(gateway.VersionInit, func(d gateway.VersionDetail) bool { return d.ScanResult == gateway.ScanPassed }),
		submit(storyVersion),
		stands(gateway.VersionAuditing, nil),
		does("CancelAudit", nil, func(s *story) error { return s.client.CancelAudit(s.ctx, s.token, storyVersion, "") }),
		submit(storyVersion),
		rejected,
		does("CancelAudited", nil, func(s *story) error { return s.client.CancelAudited(s.ctx, s.token, storyVersion, "") }),
		submit(storyVersion),
		passed,
	}
}

func releaseChapters() []chapter {
	online := func(version string) chapter {
		return does("GoOnline", nil, func(s *story) error { return s.client.GoOnline(s.ctx, s.token, version, "", false) })
	}
	soon := func(s *story) { s.pass(10 * time.Minute) }
	return []chapter{
		online(storyVersion),
		stands(gateway.VersionRelease, func(d gateway.VersionDetail) bool { return !d.OnlineAt.IsZero() }),
		upload(nextVersion),
		does("DeleteVersion", soon, func(s *story) error { return s.client.DeleteVersion(s.ctx, s.token, nextVersion, "") }),
		upload(nextVersion),
		does("DeleteVersion", soon, func(s *story) error { return s.client.DeleteVersion(s.ctx, s.token, nextVersion, "") }),
		{method: "ListVersions",
			call: func(s *story) (any, error) { return s.client.ListVersions(s.ctx, s.token, "", gateway.VersionRelease) },
			want: func(_ *story, got any) bool {
				rows := got.([]gateway.VersionInfo)
				return len(rows) == 1 && rows[0].AppVersion == storyVersion && rows[0].Status == gateway.VersionRelease && !rows[0].CreatedAt.IsZero()
			}},
		upload("1.0.2"),
		{method: "ApplyAudit", before: soon, call: submit("1.0.2").call},
		does("GoOnline", func(s *story) { s.pass(72 * time.Hour) }, func(s *story) error { return s.client.GoOnline(s.ctx, s.token, "1.0.2", "", true) }),
		does("Rollback", nil, func(s *story) error { return s.client.Rollback(s.ctx, s.token, "1.0.2", "") }),
		stands(gateway.VersionRelease, nil),
		does("TakeOffline", nil, func(s *story) error { return s.client.TakeOffline(s.ctx, s.token, storyVersion, "") }),
		stands(gateway.VersionOffline, nil),
	}
}

// certificateChapters : Alipay renews its certificate, and the answer that names
// the new one leads to it.
func certificateChapters(m mode) []chapter {
	if !m.certificates {
		return nil
	}
	sn := ""
	return []chapter{{method: "DownloadAlipayCertificate",
		before: func(s *story) {
			s.manage(http.MethodPost, "apps/"+simulatedApp+"/rotate", "", nil)
			_, err := s.client.QueryMiniProgramOrder(s.ctx, s.orderNo)
			unknown := unknownCertificate(err)
			if unknown == "" {
				s.t.Fatalf("a renewed certificate was not noticed: %v", err)
			}
			sn = unknown
		},
		call: func(s *story) (any, error) { return s.client.DownloadAlipayCertificate(s.ctx, sn, s.roots) },
		want: func(_ *story, got any) bool { return got.(keys.AlipayKey).CertSN == sn },
	}}
}
