package activities

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
	"miniflow/words"
)

// CreateMiniProgram asks Alipay to create a mini program, formal or trial.
//
// Repeating it is harmless: Alipay takes out_order_no as the idempotency key and
// answers the same order_no, which is also the only way to learn it when an
// answer was lost.
func (a *Alipay) CreateMiniProgram(ctx context.Context, call CreateCall) (Created, error) {
	created, err := a.create(ctx, call)
	if err != nil {
		return created, a.nameOngoing(ctx, call, err)
	}
	return created, nil
}

func (a *Alipay) create(ctx context.Context, call CreateCall) (Created, error) {
	gateway, err := a.gateway(call.AppID)
	if err != nil {
		return Created{}, err
	}
	fields, err := a.createFields(ctx, call)
	if err != nil {
		return Created{}, err
	}
	if call.Kind == order.KindTrial {
		created, err := gateway.CreateTrial(ctx, call.OutOrderNo, fields)
		return Created{OrderNo: created.OrderNo, AuthorizeURL: created.AuthorizeURL}, err
	}
	orderNo, err := gateway.CreateMiniProgram(ctx, call.OutOrderNo, fields)
	return Created{OrderNo: orderNo}, err
}

// CertifyTrial asks Alipay to make a trial formal. It asks first how the trial stands: where its
// certification is under way, another call would begin it again.
func (a *Alipay) CertifyTrial(ctx context.Context, call CertifyCall) (Certified, error) {
	truth, err := a.askMerchant(ctx, MerchantQuestion{AppID: call.AppID, Kind: order.KindTrial, OrderNo: call.OrderNo})
	if err != nil || truth.Status == order.MerchantFailed || truth.Certification.UnderWay() {
		return Certified{MerchantAnswer: truth}, refusal(err, "create")
	}
	gateway, err := a.gateway(call.AppID)
	if err != nil {
		return Certified{MerchantAnswer: truth}, err
	}
	fields, err := a.createFields(ctx, CreateCall{AppID: call.AppID, Create: call.Create})
	if err == nil {
		err = gateway.CertifyTrial(ctx, call.OrderNo, fields)
	}
	if err == nil { // what becomes of it is the next question's to find
		truth.Certification = order.CertificationOperator
	}
	return Certified{MerchantAnswer: truth}, refusal(err, "create")
}

// createFields lays the layers of a create block over one another, the last on top: corrections
// came later.
func (a *Alipay) createFields(ctx context.Context, call CreateCall) (json.RawMessage, error) {
	fields := map[string]json.RawMessage{}
	for _, layer := range call.Create {
		plain, err := a.Ring.Open(layer, call.AppID, order.SealCreate)
		if err != nil {
			return nil, unopened(err, "create")
		}
		var block map[string]json.RawMessage
		if err := json.Unmarshal(plain, &block); err != nil {
			return nil, failed(&Failure{Class: FailureFix, Code: "CREATE_UNREADABLE", Message: words.New("failure.create"), Fields: []string{"create"}})
		}
		maps.Copy(fields, block)
	}
	if err := a.embedLicence(ctx, call.AppID, fields); err != nil {
		return nil, err
	}
	return json.Marshal(fields)
}

// embedLicence replaces the reference to the licence's picture by its base64, as isv.create wants
// it. It is done here because a payload has no room for it.
func (a *Alipay) embedLicence(ctx context.Context, appID string, fields map[string]json.RawMessage) error {
	const name = "license_pic"
	var ref order.FileRef
	if raw, ok := fields[name]; !ok || json.Unmarshal(raw, &ref) != nil || ref == (order.FileRef{}) {
		return nil
	}
	content, err := a.fetch(ctx, appID, "create."+name, ref)
	if err != nil {
		return err
	}
	fields[name], err = json.Marshal(base64.StdEncoding.EncodeToString(content))
	return err
}

func (a *Alipay) fetch(ctx context.Context, appID, path string, ref order.FileRef) ([]byte, error) {
	content, err := a.Files.Fetch(ctx, appID, ref)
	if errors.Is(err, ErrFileUnusable) {
		return nil, failed(&Failure{Class: FailureFix, Code: "FILE_UNUSABLE", Message: words.OfError(err), Fields: []string{path}})
	}
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", path, err)
	}
	return content, nil
}

// unopened says that the key that sealed a block is gone. A person has to bring it back;
// nothing was sent.
func unopened(err error, block string) error {
	return failed(&Failure{
		Class: FailurePermanent, Code: "UNSEAL_FAILED",
		Message: words.New("failure.unopened", block, err),
	})
}

// AwaitMerchant asks Alipay how the order of creation stands until the merchant
// has answered. It changes nothing at Alipay. An order that Alipay does not know time
// and again ends the question as that refusal.
func (a *Alipay) AwaitMerchant(ctx context.Context, question MerchantQuestion) (MerchantAnswer, error) {
	truth, err := a.askMerchant(ctx, question)
	if isQuery(err) && asked(ctx, question.Pacing.Schedule) > soonVisible {
		return truth, refusal(err, "")
	}
	if err != nil {
		return truth, paced(ctx, err, "", question.Pacing)
	}
	if truth.Status != order.MerchantWaiting || question.Pacing.ends(asked(ctx, question.Pacing.Schedule)) {
		return truth, nil
	}
	return truth, waiting("asked for the merchant's answer: none yet", question.Pacing.Schedule.Delay(asked(ctx, question.Pacing.Schedule)))
}

// AwaitCertification asks until a trial's certification differs from what is
// known, or the trial has ended. It changes nothing at Alipay.
func (a *Alipay) AwaitCertification(ctx context.Context, question MerchantQuestion) (MerchantAnswer, error) {
	truth, err := a.askMerchant(ctx, question)
	if err != nil {
		return truth, paced(ctx, err, "", question.Pacing)
	}
	news := truth.Certification != question.Known && truth.Certification != order.CertificationNone
	if news || truth.Status == order.MerchantFailed || question.Pacing.ends(asked(ctx, question.Pacing.Schedule)) {
		return truth, nil
	}
	return truth, waiting("asked for the certification: "+string(truth.Certification), question.Pacing.Schedule.Delay(asked(ctx, question.Pacing.Schedule)))
}

// LookAfterEnd asks Alipay whether a mini program exists although its order has ended:
// the merchant can agree after the wait was over. It returns once the mini program is
// there, or the pacing gives up, with the last answer. It changes nothing at Alipay.
func (a *Alipay) LookAfterEnd(ctx context.Context, question MerchantQuestion) (MerchantAnswer, error) {
	truth, err := a.askMerchant(ctx, question)
	if err != nil {
		return truth, paced(ctx, err, "", question.Pacing)
	}
	exists := truth.Status == order.MerchantAgreed && truth.MiniAppID != ""
	if exists || exhausted(question.Pacing, asked(ctx, question.Pacing.Schedule)) {
		return truth, nil
	}
	return truth, waiting("asked whether the mini program exists: "+string(truth.Status), question.Pacing.Schedule.Delay(asked(ctx, question.Pacing.Schedule)))
}

func (a *Alipay) askMerchant(ctx context.Context, question MerchantQuestion) (MerchantAnswer, error) {
	gateway, err := a.gateway(question.AppID)
	if err != nil {
		return MerchantAnswer{}, err
	}
	if question.Kind == order.KindTrial {
		trial, err := gateway.QueryTrial(ctx, question.OrderNo)
		status, certification := order.ReadRegistration(string(trial.Status))
		return MerchantAnswer{
			Status: named(status, trial.MiniAppID), OutOrderNo: trial.OutOrderNo, MiniAppID: trial.MiniAppID, Certification: certification,
		}, err
	}
	formal, err := gateway.QueryMiniProgramOrder(ctx, question.OrderNo)
	return MerchantAnswer{
		Status: named(order.ReadConfirmation(string(formal.Status)), formal.MiniAppID), OutOrderNo: formal.OutOrderNo,
		MiniAppID: formal.MiniAppID, Certification: order.CertificationNone,
	}, err
}

// named takes an agreement that names no mini program for a wait: there is nothing to go on with yet.
func named(status order.MerchantStatus, miniAppID string) order.MerchantStatus {
	if status == order.MerchantAgreed && miniAppID == "" {
		return order.MerchantWaiting
	}
	return status
}

// longestTrouble is the longest pause after a question without an answer, where its own schedule
// has none that is longer: an outage that is over should not go unseen for an hour.
const longestTrouble = 10 * time.Minute

// soonVisible is how often what Alipay does not know yet is asked about by the
// question's own schedule: what was just made shows within moments, or not at all.
const soonVisible = 6

// paced turns a question's refusal into a wait where the same question may be
// answered later: what Alipay does not know yet, what it is too busy to say. It
// returns nil when what Alipay does not know has been waited for long enough; an
// outage, which says nothing at all, is waited out however long it lasts. The
// prefix is that of [refusal].
func paced(ctx context.Context, err error, prefix string, pacing Pacing) error {
	var refused *gateway.Error
	tried := asked(ctx, pacing.Schedule)
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Class {
	case codes.ClassQuery:
		if exhausted(pacing, tried) {
			return nil
		}
		fallthrough
	case codes.ClassUnknown, codes.ClassRetry, codes.ClassWait:
		// Attempts count answers too: a question that is asked often is soon asked again.
		delay := min(pacing.Again.Delay(tried), max(pacing.Schedule.Delay(tried), longestTrouble))
		if refused.Class == codes.ClassQuery && tried <= soonVisible {
			delay = pacing.Schedule.Delay(tried)
		}
		if refused.Slow {
			delay = max(delay, busyDelay(ctx, 1)) // its attempts count answers too, not refusals alone
		}
		return waitingAfter(refused, delay)
	case codes.ClassFix, codes.ClassAuthorization, codes.ClassPermanent:
	}
	return refusal(err, prefix)
}
