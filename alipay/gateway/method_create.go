package gateway

import (
	"context"
	"encoding/json"

	"miniflow/alipay"
	"miniflow/alipay/gateway/rules"
	"miniflow/alipay/internal/wire"
)

// NameCheck is the answer of CheckName. It is only advice, because creating a mini program is
// what reserves its name.
type NameCheck struct {
	Code string
	Memo string
}

// Usable reports whether Alipay has no objection to the name. Another program may take it
// until it is created, so creating can still fail.
func (n NameCheck) Usable() bool { return n.Code == "NONE" }

// CheckName asks whether a mini program may have a name
// (alipay.open.mini.baseinfo.name.check), so that a name that is taken is found before create.
// token is empty before the mini program exists.
func (c *Client) CheckName(ctx context.Context, token alipay.Secret, name string) (NameCheck, error) {
	if err := unfit(alipay.MethodNameCheck, rules.CheckName(name)); err != nil {
		return NameCheck{}, err
	}
	return ask(ctx, c, alipay.MethodNameCheck, token, map[string]any{"app_name": name}, func(o wire.Object) NameCheck {
		return NameCheck{Code: o.Need("check_code"), Memo: o.Text("check_memo")}
	})
}

// CreateMiniProgram asks a merchant for consent to create a formal mini program
// (alipay.open.mini.isv.create) and returns Alipay's order_no. fields is the
// create_mini_request object as Alipay documents it; outOrderNo is put into it. Input that
// CheckCreate refuses is not sent.
//
// The call may be repeated with the same outOrderNo, because Alipay returns the same order.
// After a lost answer this is the only way to learn order_no.
func (c *Client) CreateMiniProgram(ctx context.Context, outOrderNo string, fields json.RawMessage) (orderNo string, err error) {
	request, err := withOrderNumber(alipay.MethodCreate, outOrderNo, fields, rules.CheckCreate)
	if err != nil {
		return "", err
	}
	return ask(ctx, c, alipay.MethodCreate, "", map[string]any{"create_mini_request": request}, func(o wire.Object) string {
		return o.Need("order_no")
	})
}

// MerchantOrder is the status of a formal order. It decides over messages, because those may
// be lost or overtaken.
type MerchantOrder struct {
	OrderNo    string
	OutOrderNo string
	Status     alipay.MerchantStatus
	MiniAppID  string // min_app_id on the wire; empty until the merchant agreed
	PID        string
}

// QueryMiniProgramOrder queries a formal order (alipay.open.mini.isv.query). It changes
// nothing, so a lost answer is simply asked for again.
func (c *Client) QueryMiniProgramOrder(ctx context.Context, orderNo string) (MerchantOrder, error) {
	return ask(ctx, c, alipay.MethodQuery, "", map[string]any{"order_no": orderNo}, func(o wire.Object) MerchantOrder {
		return MerchantOrder{
			OrderNo:    o.Text("order_no"),
			OutOrderNo: o.Text("out_order_no"),
			Status:     alipay.MerchantStatus(o.Need("status")),
			MiniAppID:  o.Text("min_app_id"),
			PID:        o.Text("pid"),
		}
	})
}

// TrialCreated is an accepted order for a trial mini program. AuthorizeURL comes with no
// other answer, so it has to be kept.
type TrialCreated struct {
	OrderNo      string
	AuthorizeURL string // to be sent to the merchant, because Alipay does not push it
}

// CreateTrial requests a trial mini program (alipay.open.mini.isv.fastregister.create).
// fields holds uid, app_name and auth_notify_url; input that CheckTrial refuses is not sent.
// A repeated call with the same outOrderNo returns the same order, so a lost answer is asked
// for again that way.
func (c *Client) CreateTrial(ctx context.Context, outOrderNo string, fields json.RawMessage) (TrialCreated, error) {
	request, err := withOrderNumber(alipay.MethodTrialCreate, outOrderNo, fields, rules.CheckTrial)
	if err != nil {
		return TrialCreated{}, err
	}
	return ask(ctx, c, alipay.MethodTrialCreate, "", request, func(o wire.Object) TrialCreated {
		return TrialCreated{OrderNo: o.Need("order_no"), AuthorizeURL: o.Text("authorize_url")}
	})
}

// TrialOrder is the status of the order of a trial mini program. It decides over messages,
// because those may be lost or overtaken.
type TrialOrder struct {
	OrderNo    string
	OutOrderNo string
	Status     alipay.FastRegisterStatus
	MiniAppID  string // empty until the trial was created
	ISVAppID   string
	AppName    string // with the suffix that Alipay appends
}

// QueryTrial queries the order of a trial mini program
// (alipay.open.mini.isv.fastregister.query). It changes nothing, so a lost answer is simply
// asked for again.
func (c *Client) QueryTrial(ctx context.Context, orderNo string) (TrialOrder, error) {
	return ask(ctx, c, alipay.MethodTrialQuery, "", map[string]any{"order_no": orderNo}, func(o wire.Object) TrialOrder {
		return TrialOrder{
			OrderNo:    o.Text("order_no"),
			OutOrderNo: o.Text("out_order_no"),
			Status:     alipay.ParseFastRegisterStatus(o.Need("status")),
			MiniAppID:  o.Text("mini_app_id"),
			ISVAppID:   o.Text("isv_app_id"),
			AppName:    o.Text("app_name"),
		}
	})
}

// CertifyTrial asks Alipay to make a trial mini program a formal one
// (alipay.open.mini.isv.certify.create). orderNo is that of the trial's creation; fields are those of
// CreateMiniProgram without a name, and input that CheckCertify refuses is not sent. Alipay answers
// nothing: QueryTrial says how the certification stands, before a repeated call too.
func (c *Client) CertifyTrial(ctx context.Context, orderNo string, fields json.RawMessage) error {
	request, err := withMember(alipay.MethodTrialCertify, "order_no", orderNo, fields)
	if err != nil {
		return err
	}
	if err := unfit(alipay.MethodTrialCertify, rules.CheckCertify(fields)); err != nil {
		return err
	}
	_, err = ask(ctx, c, alipay.MethodTrialCertify, "", request, nothing)
	return err
}
