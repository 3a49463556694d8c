package workflows_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/alipay/gateway/rules"
)

// platform is Alipay as the activities meet it: just enough truth for an order's
// life, changed by the story's clock and by the calls. It counts the calls that
// had an effect.
type platform struct {
	mu sync.Mutex

	merchant     alipay.MerchantStatus
	registration alipay.FastRegisterStatus
	// papers are what the certification was asked for with.
	papers   string
	ordered  bool
	token    string // the token that Alipay takes; empty takes none
	punished bool
	// rolledBack is set once a version was taken back.
	rolledBack bool
	nameless   bool // Alipay names no mini program yet, though the merchant has agreed
	versions   map[string]*gateway.VersionDetail
	numbers    []string
	verdicts   []verdict
	refusals   map[string][]*gateway.Error
	effects    map[string]int
	calls      map[string]int
	faults
	// later runs a change after a time of the story.
	later func(time.Duration, func())
}

// verdict is what a reviewer will say, and when.
type verdict struct {
	status  gateway.VersionStatus
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
		versions: map[string]*gateway.VersionDetail{}, refusals: map[string][]*gateway.Error{},
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
func (p *platform) refuse(method string, errs ...*gateway.Error) {
	p.change(func(p *platform) { p.refusals[method] = append(p.refusals[method], errs...) })
}

func refusal(class codes.Class, code string, fields ...string) *gateway.Error {
	return &gateway.Error{Method: "test", Code: "40004", SubCode: code, Meaning: codes.Meaning{Class: class, Fields: fields}}
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
		return p.refuses(&gateway.Error{Method: method, Code: "20001", SubCode: "aop.invalid-app-auth-token", Meaning: codes.Meaning{Class: codes.ClassAuthorization}})
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

func (p *platform) CreateTrial(ctx context.Context, no string, fields json.RawMessage) (gateway.TrialCreated, error) {
	number, err := p.CreateMiniProgram(ctx, no, fields)
	return gateway.TrialCreated{OrderNo: number, AuthorizeURL: "https://authorize.example/1"}, err
}

func (p *platform) QueryMiniProgramOrder(context.Context, string) (gateway.MerchantOrder, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.begin("query"); err != nil {
		return gateway.MerchantOrder{}, err
	}
	answer := gateway.MerchantOrder{OrderNo: orderNo, Status: p.merchant}
	if p.merchant == alipay.MerchantAgreed && !p.nameless {
		answer.MiniAppID = miniAppID
	}
	return answer, nil
}

func (p *platform) QueryTrial(context.Context, string) (gateway.TrialOrder, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return gateway.TrialOrder{OrderNo: orderNo, Status: p.registration, MiniAppID: miniAppID}, p.begin("query")
}

// CertifyTrial begins the certification, which takes whatever it takes.
func (p *platform) CertifyTrial(_ context.Context, _ string, fields json.RawMessage) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.begin("certify"); err != nil {
		return err
	}
	return p.answers("certify", func() error {
		p.effects["certify"]++
		p.papers, p.registration = string(fields), alipay.FastRegisterCertifyOperator
		return nil
	})
}

func (p *platform) ListVersions(_ context.Context, token alipay.Secret, _ string, _ ...gateway.VersionStatus) ([]gateway.VersionInfo, error) {
	var rows []gateway.VersionInfo
	return rows, p.with("list", token, func() error {
		for _, number := range p.numbers {
			if p.versions[number] != nil && p.built[number] == "" {
				rows = append(rows, gateway.VersionInfo{AppVersion: number, Status: p.versions[number].Status, CreatedAt: p.made[number]})
			}
		}
		return nil
	})
}

func (p *platform) UploadVersion(_ context.Context, token alipay.Secret, upload rules.Upload) (gateway.Build, error) {
	return gateway.Build{}, p.with("upload", token, func() error {
		if p.versions[upload.AppVersion] != nil {
			return refusal(codes.ClassQuery, "VERSION_HAS_EXISTED")
		}
		p.effects["upload"]++
		p.keep(upload)
		return nil
	})
}

func (p *platform) QueryBuild(_ context.Context, token alipay.Secret, number, _ string) (gateway.Build, error) {
	var build gateway.Build
	return build, p.with("build", token, func() error {
		if p.versions[number] == nil {
			return refusal(codes.ClassQuery, "BUILD_VERSION_NOT_EXISTED")
		}
		if build.BuildStatus = p.built[number]; build.BuildStatus != "" {
			return nil
		}
		build.CreateStatus = gateway.BuildCreated
		build.VersionCreated = true
		return nil
	})
}

func (p *platform) QueryVersion(_ context.Context, token alipay.Secret, number, _ string) (gateway.VersionDetail, error) {
	var detail gateway.VersionDetail
	err := p.with("detail", token, func() error {
		if p.versions[number] == nil || p.built[number] != "" {
			return refusal(codes.ClassQuery, "MINIAPP_VERSION_NOT_EXSIT")
		}
		detail = *p.versions[number]
		return nil
	})
	return detail, err
}

func (p *platform) ApplyAudit(
	_ context.Context, token alipay.Secret, number, _ string, fields map[string]string, _ []rules.File,
) (gateway.AuditApplied, error) {
	return gateway.AuditApplied{}, p.on("apply", token, number, func(version *gateway.VersionDetail) error {
		if version.Status != gateway.VersionInit {
			return refusal(codes.ClassQuery, "SUBMIT_REPEAT")
		}
		p.effects["apply"]++
		p.applied(fields)
		version.Status = gateway.VersionAuditing
		if len(p.verdicts) > 0 {
			next := p.verdicts[0]
			p.verdicts = p.verdicts[1:]
			p.later(next.after, func() { p.change(func(p *platform) { judge(version, next); p.goOnlineByItself(version) }) })
		}
		return nil
	})
}

// judge ends an audit that is still running.
func judge(version *gateway.VersionDetail, v verdict) {
	if version.Status != gateway.VersionAuditing {
		return
	}
	version.Status = v.status
	version.BaseReason = alipay.AuditReason{}
	for _, reason := range v.reasons {
		version.BaseReason.Memos = append(version.BaseReason.Memos, alipay.AuditMemo{Memo: reason})
	}
}

func (p *platform) CancelAudit(_ context.Context, token alipay.Secret, number, _ string) error {
	return p.on("cancel", token, number, func(version *gateway.VersionDetail) error {
		if version.Status != gateway.VersionAuditing {
			return refusal(codes.ClassQuery, "AUDITING_VERSION_NOT_EXIST")
		}
		p.effects["cancel"]++
		version.Status = gateway.VersionInit
		return nil
	})
}

func (p *platform) CancelAudited(_ context.Context, token alipay.Secret, number, _ string) error {
	return p.on("take back", token, number, func(version *gateway.VersionDetail) error {
		p.effects["take back"]++
		version.Status = gateway.VersionInit
		return nil
	})
}

func (p *platform) GoOnline(_ context.Context, token alipay.Secret, number, _ string, limited bool) error {
	return p.on("online", token, number, func(version *gateway.VersionDetail) error {
		if p.unfiled && !limited {
			return refusal(codes.ClassWait, "CAN_NOT_ONLINE_WITHOUT_REGISTRATION")
		}
		switch version.Status {
		case gateway.VersionWaitRelease, gateway.VersionBaseAuditPass:
		default:
			return refusal(codes.ClassQuery, "CAN_NOT_ONLINE_WITHOUT_AUDIT")
		}
		p.effects["online"]++
		version.Status = gateway.VersionRelease
		return nil
	})
}

// QueryFiling says how far the ICP filing is.
func (p *platform) QueryFiling(_ context.Context, token alipay.Secret) (filing gateway.Filing, err error) {
	err = p.with("filing", token, func() error {
		filing = p.filing
		return nil
	})
	return filing, err
}

// QueryLimitedRelease says in which form the mini program is online.
func (p *platform) QueryLimitedRelease(_ context.Context, token alipay.Secret) (form gateway.LimitedRelease, err error) {
	err = p.with("limit", token, func() error {
		form = p.form
		return nil
	})
	return form, err
}

func (p *platform) Invite(_ context.Context, in gateway.Invitation) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.begin("invite"); err != nil {
		return "", err
	}
	return "https://invite.example/" + in.AuthAppID + "/" + in.State, p.answers("invite", func() error {
		p.effects["invite"]++
		return nil
	})
}

func (p *platform) QueryToken(_ context.Context, token alipay.Secret) (gateway.TokenStatus, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.begin("token"); err != nil {
		return gateway.TokenStatus{}, err
	}
	valid := token.Reveal() == p.token && p.token != ""
	return gateway.TokenStatus{Valid: valid, Invalid: !valid}, nil
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
