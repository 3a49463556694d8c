package gateway_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"miniflow/alipay"
	"miniflow/alipay/drift"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/rules"
)

const (
	firstVersion = "1.0.0"
	nextVersion  = "1.0.1"
	createFields = `{"alipay_account":"a@example.com","app_name":"一间<咖啡>&+%","cert_name":"示例餐饮","cert_no":"91330000000000000X",
		"contact_name":"联系人","contact_phone":"13800000000","legal_personal_name":"法人"}`
)

// lifecycle is the state of two mini programs, as far as the steps have brought them.
type lifecycle struct {
	*platform
	client  *gateway.Client
	ctx     context.Context
	orderNo string
	trialNo string
	miniApp string
	token   alipay.Secret
	refresh alipay.Secret
}

// step is one typed method in its place: what happens before, the call, and its expected
// result.
type step struct {
	method string // of Client
	before func(*lifecycle)
	call   func(*lifecycle) (any, error)
	want   func(*lifecycle, any) bool
}

// unsimulated are the methods of Client that the simulator does not support, because it has
// no gray releases; only the fake gateway checks them. Call
// is part of all others, and TryKeys, which encrypts in its own way, has tests of its own.
var unsimulated = []string{"Acts", "Call", "TryKeys", "GoGray", "CancelGray"}

// TestEveryTypedMethodAgainstTheSimulator runs one lifecycle in every mode. The two sides
// were written independently from the protocol, so they share no misreading.
func TestEveryTypedMethodAgainstTheSimulator(t *testing.T) {
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			p := newPlatform(t, m)
			ledger, err := drift.NewLedger(slog.New(slog.DiscardHandler), prometheus.NewRegistry(), p.clock)
			must(t, err)
			client := p.client(func(c *gateway.Config) {
				c.Compare = func(a gateway.Answer) { ledger.Answered(simulatedApp, a) }
			})
			s := &lifecycle{platform: p, client: client, ctx: patient(t)}
			covered := map[string]bool{}
			for i, c := range slices.Concat(creationSteps(), tokenSteps(), auditSteps(), releaseSteps(), certificateSteps(m)) {
				covered[c.method] = true
				if c.before != nil {
					c.before(s)
				}
				got, err := c.call(s)
				if err != nil {
					t.Fatalf("step %d, %s: %v", i+1, c.method, err)
				}
				if c.want != nil && !c.want(s, got) {
					t.Fatalf("step %d, %s: %+v", i+1, c.method, got)
				}
			}
			checkCovered(t, m, covered)
			// What the simulator answers of itself is known, every field of it.
			if seen := ledger.Report([]string{simulatedApp}, false); seen.Answers == 0 || len(seen.Differences) > 0 {
				t.Errorf("%d answers, and differences %+v", seen.Answers, seen.Differences)
			}
			checkWire(t, m, p.wire)
		})
	}
}

// checkCovered fails when a typed method has no step, so that a new one can't be forgotten.
func checkCovered(t *testing.T, m mode, covered map[string]bool) {
	t.Helper()
	client := reflect.TypeFor[*gateway.Client]()
	for i := range client.NumMethod() {
		name := client.Method(i).Name
		if name == "DownloadAlipayCertificate" && !m.certificates {
			continue
		}
		if !covered[name] && !slices.Contains(unsimulated, name) {
			t.Errorf("%s was never called", name)
		}
	}
}

// checkWire checks that with EncryptType neither a content nor its answer is readable in
// transit; without it, key or no key, everything is.
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
			continue // multipart: separate fields, in the clear
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

// templateOne is the template of every version here.
const templateOne = "2021000000000777"

func creationSteps() []step {
	return []step{
		{method: "CategoryPapers",
			call: func(s *lifecycle) (any, error) {
				return s.client.CategoryPapers(s.ctx, "XS1002_XS2001", "XS1003_XS2002_XS3001", "XS1001_XS2001", "no category")
			},
			want: func(_ *lifecycle, got any) bool {
				papers := got.([]gateway.CategoryPapers)
				return len(papers) == 3 && papers[0].SpecialLicence && papers[1].DoorPhoto && !papers[2].BusinessLicence
			}},
		{method: "CheckName",
			call: func(s *lifecycle) (any, error) { return s.client.CheckName(s.ctx, "", "一间咖啡") },
			want: func(_ *lifecycle, got any) bool { return got.(gateway.NameCheck).Usable() }},
		{method: "CreateMiniProgram", call: createFormal,
			want: func(s *lifecycle, got any) bool { s.orderNo = got.(string); return s.orderNo != "" }},
		{method: "CreateMiniProgram", call: createFormal, // the same number again, as after a lost answer
			want: func(s *lifecycle, got any) bool { return got == s.orderNo }},
		{method: "CreateTrial",
			call: func(s *lifecycle) (any, error) {
				return s.client.CreateTrial(s.ctx, "trial-1", json.RawMessage(`{"uid":"2088000000000002","app_name":"小店"}`))
			},
			want: func(s *lifecycle, got any) bool {
				s.trialNo = got.(gateway.TrialCreated).OrderNo
				return got.(gateway.TrialCreated).AuthorizeURL != ""
			}},
		{method: "QueryMiniProgramOrder", call: queryOrder,
			want: func(_ *lifecycle, got any) bool { return got.(gateway.MerchantOrder).Status == alipay.MerchantProcess }},
		{method: "QueryMiniProgramOrder", before: func(s *lifecycle) { s.pass(10 * time.Minute) }, call: queryOrder,
			want: func(s *lifecycle, got any) bool {
				answer := got.(gateway.MerchantOrder)
				s.miniApp = answer.MiniAppID
				return answer.Status == alipay.MerchantAgreed && answer.OutOrderNo == "formal-1" && answer.PID != ""
			}},
		{method: "QueryTrial",
			call: func(s *lifecycle) (any, error) { return s.client.QueryTrial(s.ctx, s.trialNo) },
			want: func(_ *lifecycle, got any) bool {
				answer := got.(gateway.TrialOrder)
				return answer.Status == alipay.FastRegisterCreated && answer.MiniAppID != "" && answer.AppName == "小店的试用小程序"
			}},
		{method: "CertifyTrial",
			call: func(s *lifecycle) (any, error) {
				return nil, s.client.CertifyTrial(s.ctx, s.trialNo, json.RawMessage(`{"alipay_account":"shop@example.com","cert_name":"小店","cert_no":"91330000000000000X","contact_name":"联系人","contact_phone":"13800000000","legal_personal_name":"法人"}`))
			}},
	}
}

func createFormal(s *lifecycle) (any, error) {
	return s.client.CreateMiniProgram(s.ctx, "formal-1", json.RawMessage(createFields))
}

func queryOrder(s *lifecycle) (any, error) { return s.client.QueryMiniProgramOrder(s.ctx, s.orderNo) }

func tokenSteps() []step {
	authorized := func(s *lifecycle, got any) bool {
		tokens := got.([]gateway.AppToken)
		s.token, s.refresh = tokens[0].Token, tokens[0].RefreshToken
		return len(tokens) == 1 && tokens[0].AuthAppID == s.miniApp && s.refresh != ""
	}
	code := ""
	return []step{
		{method: "Invite",
			call: func(s *lifecycle) (any, error) {
				return s.client.Invite(s.ctx, gateway.Invitation{AuthAppID: s.miniApp, RedirectURL: "https://isv.example/back", State: "formal-1"})
			},
			want: func(s *lifecycle, got any) bool { return strings.HasSuffix(got.(string), s.miniApp) }},
		{method: "ExchangeCode",
			before: func(s *lifecycle) {
				var view map[string]string
				s.manage(http.MethodPost, "mini-programs/"+s.miniApp+"/authorize", `{"via":"link"}`, &view)
				code = view["app_auth_code"]
			},
			call: func(s *lifecycle) (any, error) { return s.client.ExchangeCode(s.ctx, alipay.Secret(code)) }, want: authorized},
		{method: "RefreshToken",
			call: func(s *lifecycle) (any, error) { return s.client.RefreshToken(s.ctx, s.refresh) }, want: authorized},
		{method: "QueryToken",
			call: func(s *lifecycle) (any, error) { return s.client.QueryToken(s.ctx, s.token) },
			want: func(s *lifecycle, got any) bool {
				status := got.(gateway.TokenStatus)
				return status.Valid && status.AuthAppID == s.miniApp && len(status.Methods) > 0 && status.FullDelegation && !status.Start.IsZero()
			}},
	}
}

// does returns a step whose answer contains only its success.
func does(method string, before func(*lifecycle), call func(*lifecycle) error) step {
	return step{method: method, before: before, call: func(s *lifecycle) (any, error) { return nil, call(s) }}
}

// stands returns a step that expects a status of the first version.
func stands(status gateway.VersionStatus, more func(gateway.VersionDetail) bool) step {
	return step{method: "QueryVersion",
		call: func(s *lifecycle) (any, error) { return s.client.QueryVersion(s.ctx, s.token, firstVersion, "") },
		want: func(_ *lifecycle, got any) bool {
			detail := got.(gateway.VersionDetail)
			return detail.Status == status && (more == nil || more(detail))
		}}
}

func upload(version string) step {
	return step{method: "UploadVersion",
		call: func(s *lifecycle) (any, error) {
			return s.client.UploadVersion(s.ctx, s.token, rules.Upload{TemplateID: templateOne, TemplateVersion: "0.0.9",
				AppVersion: version, Ext: json.RawMessage(`{"shop":"一间<咖啡>"}`)})
		},
		want: func(_ *lifecycle, got any) bool {
			return !got.(gateway.Build).Done() && got.(gateway.Build).NeedRotation
		}}
}

func submit(version string) step {
	return step{method: "ApplyAudit", call: func(s *lifecycle) (any, error) {
		fields := map[string]string{"version_desc": "第一个版本，请审核这个小程序的全部内容 & +", "region_type": "CHINA", "audit_rule": "BASE_PROMOTE",
			"app_name": "一间咖啡", "app_english_name": "cafe", "app_slogan": "好喝的咖啡在这里等你", "app_desc": "街角的一间咖啡馆，每天现磨现做", "mini_category_ids": "XS1001_XS2001",
			"service_phone": "0571-88156688"}
		return s.client.ApplyAudit(s.ctx, s.token, version, "", fields, []rules.File{{Field: "app_logo", Content: squareLogo(s.t)}})
	}}
}

func auditSteps() []step {
	reviewed := func(body string) func(*lifecycle) {
		return func(s *lifecycle) { s.manage(http.MethodPost, "mini-programs/"+s.miniApp+"/audit", body, nil) }
	}
	rejected := stands(gateway.VersionAuditReject, func(d gateway.VersionDetail) bool {
		return d.BaseAudit == alipay.AuditReject && d.BaseReason.Memos[0].Memo == "类目不符" && !d.SubmittedAt.IsZero() && !d.AuditEndedAt.IsZero()
	})
	rejected.before = reviewed(`{"result":"reject","reasons":[{"memo":"类目不符"}]}`)
	passed := stands(gateway.VersionWaitRelease, func(d gateway.VersionDetail) bool { return d.CanRelease })
	passed.before = reviewed(`{"result":"pass"}`)
	return []step{
		upload(firstVersion),
		{method: "QueryBuild", before: func(s *lifecycle) { s.pass(10 * time.Minute) },
			call: func(s *lifecycle) (any, error) { return s.client.QueryBuild(s.ctx, s.token, firstVersion, "") },
			want: func(_ *lifecycle, got any) bool { return got.(gateway.Build).Done() }},
		stands(gateway.VersionInit, func(d gateway.VersionDetail) bool { return d.ScanResult == gateway.ScanPassed }),
		submit(firstVersion),
		stands(gateway.VersionAuditing, nil),
		does("CancelAudit", nil, func(s *lifecycle) error { return s.client.CancelAudit(s.ctx, s.token, firstVersion, "") }),
		submit(firstVersion),
		rejected,
		does("CancelAudited", nil, func(s *lifecycle) error { return s.client.CancelAudited(s.ctx, s.token, firstVersion, "") }),
		submit(firstVersion),
		passed,
	}
}

func releaseSteps() []step {
	online := func(version string) step {
		return does("GoOnline", nil, func(s *lifecycle) error { return s.client.GoOnline(s.ctx, s.token, version, "", false) })
	}
	soon := func(s *lifecycle) { s.pass(10 * time.Minute) }
	return []step{
		{method: "QueryFiling",
			call: func(s *lifecycle) (any, error) { return s.client.QueryFiling(s.ctx, s.token) },
			want: func(_ *lifecycle, got any) bool { return got.(gateway.Filing).Status != "" }},
		online(firstVersion),
		{method: "QueryLimitedRelease",
			call: func(s *lifecycle) (any, error) { return s.client.QueryLimitedRelease(s.ctx, s.token) },
			want: func(_ *lifecycle, got any) bool { return got == gateway.ReleaseFull }},
		stands(gateway.VersionRelease, func(d gateway.VersionDetail) bool { return !d.OnlineAt.IsZero() }),
		upload(nextVersion),
		does("CreateExperience", soon, func(s *lifecycle) error { return s.client.CreateExperience(s.ctx, s.token, nextVersion, "") }),
		{method: "QueryExperience", before: soon,
			call: func(s *lifecycle) (any, error) {
				return s.client.QueryExperience(s.ctx, s.token, nextVersion, "")
			},
			want: func(_ *lifecycle, got any) bool {
				found := got.(gateway.Experience)
				return found.Packaged() && strings.HasPrefix(found.QRCode, "https://") && strings.HasPrefix(found.Schema, "alipays://")
			}},
		does("CancelExperience", nil, func(s *lifecycle) error { return s.client.CancelExperience(s.ctx, s.token, nextVersion, "") }),
		does("DeleteVersion", soon, func(s *lifecycle) error { return s.client.DeleteVersion(s.ctx, s.token, nextVersion, "") }),
		upload(nextVersion),
		does("DeleteVersion", soon, func(s *lifecycle) error { return s.client.DeleteVersion(s.ctx, s.token, nextVersion, "") }),
		{method: "ListVersions",
			call: func(s *lifecycle) (any, error) {
				return s.client.ListVersions(s.ctx, s.token, "", gateway.VersionRelease)
			},
			want: func(_ *lifecycle, got any) bool {
				rows := got.([]gateway.VersionInfo)
				return len(rows) == 1 && rows[0].AppVersion == firstVersion && rows[0].Status == gateway.VersionRelease && !rows[0].CreatedAt.IsZero()
			}},
		upload("1.0.2"),
		{method: "ApplyAudit", before: soon, call: submit("1.0.2").call},
		does("GoOnline", func(s *lifecycle) { s.pass(72 * time.Hour) }, func(s *lifecycle) error { return s.client.GoOnline(s.ctx, s.token, "1.0.2", "", true) }),
		{method: "TemplateUsers",
			call: func(s *lifecycle) (any, error) { return s.client.TemplateUsers(s.ctx, templateOne, "0.0.9", "", 1) },
			want: func(_ *lifecycle, got any) bool {
				users := got.([]gateway.TemplateUser)
				return len(users) == 1 && users[0].AppVersion == "1.0.2" && users[0].MiniAppID != ""
			}},
		{method: "TemplateInstances",
			call: func(s *lifecycle) (any, error) { return s.client.TemplateInstances(s.ctx, templateOne, 1) },
			want: func(_ *lifecycle, got any) bool { return len(got.([]gateway.TemplateInstance)) == 1 }},
		does("Rollback", nil, func(s *lifecycle) error { return s.client.Rollback(s.ctx, s.token, "1.0.2", "") }),
		stands(gateway.VersionRelease, nil),
		does("TakeOffline", nil, func(s *lifecycle) error { return s.client.TakeOffline(s.ctx, s.token, firstVersion, "") }),
		stands(gateway.VersionOffline, nil),
	}
}

// certificateSteps has Alipay renew its certificate; the answer that names the new one leads
// to it.
func certificateSteps(m mode) []step {
	if !m.certificates {
		return nil
	}
	sn := ""
	return []step{{method: "DownloadAlipayCertificate",
		before: func(s *lifecycle) {
			s.manage(http.MethodPost, "apps/"+simulatedApp+"/rotate", "", nil)
			_, err := s.client.QueryMiniProgramOrder(s.ctx, s.orderNo)
			unknown := unknownCertificate(err)
			if unknown == "" {
				s.t.Fatalf("a renewed certificate was not noticed: %v", err)
			}
			sn = unknown
		},
		call: func(s *lifecycle) (any, error) { return s.client.DownloadAlipayCertificate(s.ctx, sn, s.roots) },
		want: func(_ *lifecycle, got any) bool { return got.(gateway.DownloadedCertificate).CertSN == sn },
	}}
}
