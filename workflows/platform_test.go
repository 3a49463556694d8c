package workflows_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"miniflow/alipay"
)

// platform is Alipay as the activities meet it: just enough truth for an order's
// life, changed by the story's clock and by the calls. It counts the calls that
// had an effect.
type platform struct {
	mu sync.Mutex

	merchant     alipay.MerchantStatus
	registration alipay.FastRegisterStatus
	ordered      bool
	token        string // the token that Alipay takes; empty takes none
	punished     bool
	nameless     bool // Alipay names no mini program yet, though the merchant has agreed
	versions     map[string]*alipay.VersionDetail
	numbers      []string
	verdicts     []verdict
	refusals     map[string][]*alipay.Error
	effects      map[string]int
	calls        map[string]int
	faults
	// later runs a change after a time of the story.
	later func(time.Duration, func())
}

// verdict is what a reviewer will say, and when.
type verdict struct {
	status  alipay.VersionStatus
	after   time.Duration
	reasons []string
}

const (
	miniAppID = "2021000000000001"
	orderNo   = "ORD1"
)

func newPlatform() *platform {
	return &platform{
		merchant: alipay.MerchantProcess, registration: alipay.FastRegisterWaitConfirm,
		versions: map[string]*alipay.VersionDetail{}, refusals: map[string][]*alipay.Error{},
		effects: map[string]int{}, calls: map[string]int{}, faults: newFaults(), later: func(time.Duration, func()) {},
	}
}

// change alters the truth.
func (p *platform) change(f func(*platform)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p)
}

// refuse lets the next calls of a method fail, one error each.
func (p *platform) refuse(method string, errs ...*alipay.Error) {
	p.change(func(p *platform) { p.refusals[method] = append(p.refusals[method], errs...) })
}

func refusal(class alipay.Class, code string, fields ...string) *alipay.Error {
	return &alipay.Error{Method: "test", Code: "40004", SubCode: code, Meaning: alipay.Meaning{Class: class, Fields: fields}}
}

// begin counts a call and answers with a planned refusal, if there is one.
func (p *platform) begin(method string) error {
	p.calls[method]++
	planned := p.refusals[method]
	switch {
	case len(planned) > 0:
		if p.refusals[method] = planned[1:]; planned[0] == nil {
			return nil // this one is let through
		}
		return p.refuses(planned[0])
	case p.forEver[method] != nil:
		return p.refuses(p.forEver[method])
	}
	return nil
}

// with runs a call that carries a token.
func (p *platform) with(method string, token alipay.Secret, call func() error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.begin(method); err != nil {
		return err
	}
	if p.token == "" || token.Reveal() != p.token || p.punished {
		return p.refuses(&alipay.Error{Method: method, Code: "20001", SubCode: "aop.invalid-app-auth-token", Meaning: alipay.Meaning{Class: alipay.ClassAuthorization}})
	}
	return p.answers(method, call)
}

func (p *platform) CreateMiniProgram(context.Context, string, json.RawMessage) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.begin("create"); err != nil {
		return "", err
	}
	return orderNo, p.answers("create", func() error {
		if !p.ordered {
			p.ordered = true
			p.effects["create"]++
		}
		return nil
	})
}

func (p *platform) CreateTrial(ctx context.Context, no string, fields json.RawMessage) (alipay.TrialCreated, error) {
	number, err := p.CreateMiniProgram(ctx, no, fields)
	return alipay.TrialCreated{OrderNo: number, AuthorizeURL: "https://authorize.example/1"}, err
}

func (p *platform) QueryMiniProgramOrder(context.Context, string) (alipay.MerchantOrder, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.begin("query"); err != nil {
		return alipay.MerchantOrder{}, err
	}
	answer := alipay.MerchantOrder{OrderNo: orderNo, Status: p.merchant}
	if p.merchant == alipay.MerchantAgreed && !p.nameless {
		answer.MiniAppID = miniAppID
	}
	return answer, nil
}

func (p *platform) QueryTrial(context.Context, string) (alipay.TrialOrder, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return alipay.TrialOrder{OrderNo: orderNo, Status: p.registration, MiniAppID: miniAppID}, p.begin("query")
}

func (p *platform) ListVersions(_ context.Context, token alipay.Secret, _ string, _ ...alipay.VersionStatus) ([]alipay.VersionInfo, error) {
	var rows []alipay.VersionInfo
	return rows, p.with("list", token, func() error {
		for _, number := range p.numbers {
			if p.versions[number] != nil && p.built[number] == "" {
				rows = append(rows, alipay.VersionInfo{AppVersion: number, Status: p.versions[number].Status, CreatedAt: p.made[number]})
			}
		}
		return nil
	})
}

func (p *platform) UploadVersion(_ context.Context, token alipay.Secret, upload alipay.VersionUpload) (alipay.Build, error) {
	return alipay.Build{}, p.with("upload", token, func() error {
		if p.versions[upload.AppVersion] != nil {
			return refusal(alipay.ClassQuery, "VERSION_HAS_EXISTED")
		}
		p.effects["upload"]++
		p.keep(upload)
		return nil
	})
}

func (p *platform) QueryBuild(_ context.Context, token alipay.Secret, number, _ string) (alipay.Build, error) {
	var build alipay.Build
	return build, p.with("build", token, func() error {
		if p.versions[number] == nil {
			return refusal(alipay.ClassQuery, "BUILD_VERSION_NOT_EXISTED")
		}
		if build.BuildStatus = p.built[number]; build.BuildStatus != "" {
			return nil
		}
		build.CreateStatus = alipay.BuildCreated
		build.VersionCreated = true
		return nil
	})
}

func (p *platform) QueryVersion(_ context.Context, token alipay.Secret, number, _ string) (alipay.VersionDetail, error) {
	var detail alipay.VersionDetail
	err := p.with("detail", token, func() error {
		if p.versions[number] == nil || p.built[number] != "" {
			return refusal(alipay.ClassQuery, "MINIAPP_VERSION_NOT_EXSIT")
		}
		detail = *p.versions[number]
		return nil
	})
	return detail, err
}

func (p *platform) ApplyAudit(
	_ context.Context, token alipay.Secret, number, _ string, fields map[string]string, _ []alipay.File,
) (alipay.AuditApplied, error) {
	return alipay.AuditApplied{}, p.with("apply", token, func() error {
		version := p.versions[number]
		if version.Status != alipay.VersionInit {
			return refusal(alipay.ClassQuery, "SUBMIT_REPEAT")
		}
		p.effects["apply"]++
		p.applied(fields)
		version.Status = alipay.VersionAuditing
		if len(p.verdicts) > 0 {
			next := p.verdicts[0]
			p.verdicts = p.verdicts[1:]
			p.later(next.after, func() { p.change(func(p *platform) { judge(version, next); p.goOnlineByItself(version) }) })
		}
		return nil
	})
}

// judge ends an audit that is still running.
func judge(version *alipay.VersionDetail, v verdict) {
	if version.Status != alipay.VersionAuditing {
		return
	}
	version.Status = v.status
	version.BaseReason = alipay.AuditReason{}
	for _, reason := range v.reasons {
		version.BaseReason.Memos = append(version.BaseReason.Memos, alipay.AuditMemo{Memo: reason})
	}
}

func (p *platform) CancelAudit(_ context.Context, token alipay.Secret, number, _ string) error {
	return p.with("cancel", token, func() error {
		if p.versions[number].Status != alipay.VersionAuditing {
			return refusal(alipay.ClassQuery, "AUDITING_VERSION_NOT_EXIST")
		}
		p.effects["cancel"]++
		p.versions[number].Status = alipay.VersionInit
		return nil
	})
}

func (p *platform) CancelAudited(_ context.Context, token alipay.Secret, number, _ string) error {
	return p.with("take back", token, func() error {
		p.effects["take back"]++
		p.versions[number].Status = alipay.VersionInit
		return nil
	})
}

func (p *platform) GoOnline(_ context.Context, token alipay.Secret, number, _ string, limited bool) error {
	return p.with("online", token, func() error {
		if p.unfiled && !limited {
			return refusal(alipay.ClassWait, "CAN_NOT_ONLINE_WITHOUT_REGISTRATION")
		}
		switch p.versions[number].Status {
		case alipay.VersionWaitRelease, alipay.VersionBaseAuditPass:
		default:
			return refusal(alipay.ClassQuery, "CAN_NOT_ONLINE_WITHOUT_AUDIT")
		}
		p.effects["online"]++
		p.versions[number].Status = alipay.VersionRelease
		return nil
	})
}

func (p *platform) QueryToken(_ context.Context, token alipay.Secret) (alipay.TokenStatus, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.begin("token"); err != nil {
		return alipay.TokenStatus{}, err
	}
	valid := token.Reveal() == p.token && p.token != ""
	return alipay.TokenStatus{Valid: valid, Invalid: !valid}, nil
}

// once fails with what was done other than once.
func (p *platform) once(effects ...string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, effect := range effects {
		if p.effects[effect] != 1 {
			return fmt.Errorf("%q had an effect %d times, want once", effect, p.effects[effect])
		}
	}
	return nil
}
