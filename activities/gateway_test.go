package activities_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"sync"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/alipay/gateway/rules"
)

const (
	appID     = "2021999999999999"
	outNo     = "OUT1"
	orderNo   = "ORD1"
	miniAppID = "2021000000000001"
	number    = "1.2.10"
)

// fakeAlipay is Alipay as the activities meet it: enough truth for every call, and
// plans for what goes wrong with the next ones.
type fakeAlipay struct {
	mu           sync.Mutex
	token        string
	status       string // a status of tokens that Alipay has not published; empty gives the published ones
	merchant     alipay.MerchantStatus
	registration alipay.FastRegisterStatus
	created      map[string]bool
	versions     map[string]*gateway.VersionDetail
	builds       map[string]gateway.Build
	tried        map[string]gateway.Experience
	numbers      []gateway.VersionInfo
	room         int  // how many uploads are taken before versions have to be deleted; -1 is no end
	nameless     bool // orders of creation name no mini program
	filing       gateway.Filing
	form         gateway.LimitedRelease
	unfiled      bool  // the ICP filing is unfinished: only the limited form goes online
	templates    error // what a question about a template gets
	// slow is how long each answer takes.
	slow time.Duration

	plans   map[string][]plan
	effects map[string]int
	calls   map[string]int
	sent    map[string]any
}

// plan is what goes wrong with one call.
type plan struct {
	err error
	// first changes the truth before the call.
	first func(*fakeAlipay)
	// after lets the call have its effect first: only the answer is lost.
	after bool
	// reached and release make the call hang after its effect, until it is released.
	reached, release chan struct{}
}

func newFakeAlipay() *fakeAlipay {
	return &fakeAlipay{
		token: "T1", merchant: alipay.MerchantProcess, registration: alipay.FastRegisterWaitConfirm, room: -1,
		created: map[string]bool{}, versions: map[string]*gateway.VersionDetail{}, builds: map[string]gateway.Build{}, tried: map[string]gateway.Experience{},
		plans: map[string][]plan{}, effects: map[string]int{}, calls: map[string]int{}, sent: map[string]any{},
	}
}

// plan adds what goes wrong with the next calls of a method.
func (o *fakeAlipay) plan(method string, plans ...plan) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.plans[method] = append(o.plans[method], plans...)
}

// version gives the mini program its version, at a status.
func (o *fakeAlipay) version(status gateway.VersionStatus) *gateway.VersionDetail {
	o.versions[number] = &gateway.VersionDetail{Status: status, ScanResult: gateway.ScanRunning}
	return o.versions[number]
}

func (o *fakeAlipay) effect(name string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.effects[name]
}

// refused is an answer of Alipay's.
func refused(class codes.Class, code string, fields ...string) *gateway.Error {
	return &gateway.Error{
		Method: "alipay.test", Code: "40004", Msg: "Business Failed", SubCode: code, SubMsg: "原因",
		Meaning: codes.Meaning{Class: class, Fields: fields, Advice: "do this"},
	}
}

// call runs one call: what is planned for it, or its effect.
func (o *fakeAlipay) call(method string, token *alipay.Secret, effect func() error) error {
	if o.slow > 0 {
		<-time.After(o.slow)
	}
	o.mu.Lock()
	o.calls[method]++
	var planned plan
	if waiting := o.plans[method]; len(waiting) > 0 {
		planned, o.plans[method] = waiting[0], waiting[1:]
	}
	if planned.first != nil {
		planned.first(o)
	}
	err := planned.err
	if err == nil || planned.after {
		err = o.take(method, token, effect)
	}
	o.mu.Unlock()
	if planned.after && err == nil {
		err = planned.err
	}
	if planned.reached != nil {
		close(planned.reached)
		<-planned.release
		return errors.New("nobody hears this any more")
	}
	return err
}

func (o *fakeAlipay) take(method string, token *alipay.Secret, effect func() error) error {
	if token != nil && token.Reveal() != o.token {
		return &gateway.Error{Method: method, Code: "20001", SubCode: "aop.invalid-app-auth-token",
			Meaning: codes.Meaning{Class: codes.ClassAuthorization}}
	}
	return effect()
}

func (o *fakeAlipay) did(effect string) error { o.effects[effect]++; return nil }

func (o *fakeAlipay) CreateMiniProgram(_ context.Context, outOrderNo string, fields json.RawMessage) (string, error) {
	return orderNo, o.call("create", nil, func() error {
		o.sent["create"] = string(fields)
		if o.created[outOrderNo] {
			return nil
		}
		o.created[outOrderNo] = true
		return o.did("create")
	})
}

func (o *fakeAlipay) CreateTrial(ctx context.Context, outOrderNo string, fields json.RawMessage) (gateway.TrialCreated, error) {
	number, err := o.CreateMiniProgram(ctx, outOrderNo, fields)
	return gateway.TrialCreated{OrderNo: number, AuthorizeURL: "https://authorize.example/1"}, err
}

func (o *fakeAlipay) CertifyTrial(_ context.Context, _ string, fields json.RawMessage) error {
	return o.call("certify", nil, func() error {
		o.sent["certify"] = string(fields)
		o.registration = alipay.FastRegisterCertifyOperator
		return o.did("certify")
	})
}

// mini is the id of the mini program, where orders name one.
func (o *fakeAlipay) mini() string {
	if o.nameless {
		return ""
	}
	return miniAppID
}

func (o *fakeAlipay) QueryMiniProgramOrder(_ context.Context, no string) (answer gateway.MerchantOrder, err error) {
	return answer, o.call("query", nil, func() error {
		answer = gateway.MerchantOrder{OrderNo: no, OutOrderNo: outNo, Status: o.merchant, MiniAppID: o.mini()}
		return nil
	})
}

func (o *fakeAlipay) QueryTrial(_ context.Context, no string) (answer gateway.TrialOrder, err error) {
	return answer, o.call("query", nil, func() error {
		answer = gateway.TrialOrder{OrderNo: no, OutOrderNo: outNo, Status: o.registration, MiniAppID: o.mini()}
		return nil
	})
}

func (o *fakeAlipay) ListVersions(_ context.Context, token alipay.Secret, _ string, _ ...gateway.VersionStatus) (rows []gateway.VersionInfo, err error) {
	return rows, o.call("list", &token, func() error { rows = o.numbers; return nil })
}

func (o *fakeAlipay) DeleteVersion(_ context.Context, token alipay.Secret, number, _ string) error {
	return o.call("delete", &token, func() error {
		if _, tried := o.tried[number]; tried {
			return refused(codes.ClassWait, "CAN_NOT_DELETE_WITH_EXPERIENCE")
		}
		o.room++
		return o.did("delete " + number)
	})
}

func (o *fakeAlipay) Invite(_ context.Context, in gateway.Invitation) (string, error) {
	return "https://invite.example/" + in.AuthAppID, o.call("invite", nil, func() error {
		if o.sent["invite"] == any(in) { // another page authorises the same
			return nil
		}
		o.sent["invite"] = in
		return o.did("invite")
	})
}

func (o *fakeAlipay) UploadVersion(_ context.Context, token alipay.Secret, upload rules.Upload) (gateway.Build, error) {
	return gateway.Build{}, o.call("upload", &token, func() error {
		o.sent["upload"] = upload
		if _, exists := o.builds[upload.AppVersion]; exists {
			return refused(codes.ClassQuery, "VERSION_HAS_EXISTED")
		}
		if o.room == 0 {
			full := refused(codes.ClassFix, "DEV_VERSION_EXCEED_MAX_COUNT")
			full.AutoFix = codes.AutoFixDeleteOldVersions
			return full
		}
		o.room--
		o.builds[upload.AppVersion] = gateway.Build{BuildStatus: gateway.BuildRunning}
		return o.did("upload")
	})
}

func (o *fakeAlipay) QueryBuild(_ context.Context, token alipay.Secret, number, _ string) (build gateway.Build, err error) {
	return build, o.call("build", &token, func() error {
		found, exists := o.builds[number]
		if !exists {
			return refused(codes.ClassQuery, "BUILD_VERSION_NOT_EXISTED")
		}
		build = found
		return nil
	})
}

func (o *fakeAlipay) QueryVersion(_ context.Context, token alipay.Secret, number, _ string) (detail gateway.VersionDetail, err error) {
	return detail, o.call("detail", &token, func() error {
		found, exists := o.versions[number]
		if !exists {
			return refused(codes.ClassQuery, "MINIAPP_VERSION_NOT_EXSIT")
		}
		detail = *found
		return nil
	})
}

func (o *fakeAlipay) ApplyAudit(
	_ context.Context, token alipay.Secret, number, _ string, fields map[string]string, files []rules.File,
) (gateway.AuditApplied, error) {
	return gateway.AuditApplied{}, o.call("apply", &token, func() error {
		o.sent["apply"], o.sent["files"] = maps.Clone(fields), files
		return o.shift(number, "apply", "SUBMIT_REPEAT", gateway.VersionAuditing, gateway.VersionInit)
	})
}

func (o *fakeAlipay) CancelAudit(_ context.Context, token alipay.Secret, number, _ string) error {
	return o.call("cancel", &token, func() error {
		return o.shift(number, "cancel", "AUDITING_VERSION_NOT_EXIST", gateway.VersionInit, gateway.VersionAuditing)
	})
}

func (o *fakeAlipay) CancelAudited(_ context.Context, token alipay.Secret, number, _ string) error {
	return o.call("take back", &token, func() error {
		return o.shift(number, "take back", "CAN_NOT_BACK_DEV_WITHOUT_AUDIT", gateway.VersionInit,
			gateway.VersionWaitRelease, gateway.VersionBaseAuditPass, gateway.VersionAuditReject)
	})
}

func (o *fakeAlipay) GoOnline(_ context.Context, token alipay.Secret, number, _ string, permitLimited bool) error {
	return o.call("online", &token, func() error {
		o.sent["online"] = permitLimited
		if o.unfiled && !permitLimited {
			return refused(codes.ClassWait, "CAN_NOT_ONLINE_WITHOUT_REGISTRATION", "permit_registration_limit_release")
		}
		return o.shift(number, "online", "CAN_NOT_ONLINE_WITHOUT_AUDIT", gateway.VersionRelease,
			gateway.VersionWaitRelease, gateway.VersionBaseAuditPass, gateway.VersionGray)
	})
}

func (o *fakeAlipay) QueryFiling(_ context.Context, token alipay.Secret) (filing gateway.Filing, err error) {
	return o.filing, o.call("filing", &token, func() error {
		filing = o.filing
		return nil
	})
}

func (o *fakeAlipay) QueryLimitedRelease(_ context.Context, token alipay.Secret) (form gateway.LimitedRelease, err error) {
	err = o.call("limit", &token, func() error {
		form = o.form
		return nil
	})
	return form, err
}

// shift moves a version from one of some statuses to another; from any other Alipay refuses.
func (o *fakeAlipay) shift(number, effect, code string, to gateway.VersionStatus, from ...gateway.VersionStatus) error {
	for _, status := range from {
		if o.versions[number].Status == status {
			o.versions[number].Status = to
			return o.did(effect)
		}
	}
	return refused(codes.ClassQuery, code)
}

func (o *fakeAlipay) QueryToken(_ context.Context, token alipay.Secret) (status gateway.TokenStatus, err error) {
	return status, o.call("token", nil, func() error {
		status.Valid = token.Reveal() == o.token
		status.Invalid = !status.Valid && o.status == ""
		return nil
	})
}
