package activities

import (
	"cmp"
	"context"

	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// FilingQuestion asks about a version that Alipay does not put online before its mini program's ICP
// filing is done. Known is what is known of that.
type FilingQuestion struct {
	Version VersionQuestion `json:"version"`
	Known   order.Filing    `json:"known,omitempty"`
}

// FilingAnswer is Alipay's truth about both. Status is empty where Alipay says nothing of the filing, or
// does not let the app ask.
type FilingAnswer struct {
	Traced
	Version VersionAnswer `json:"version"`
	Status  order.Filing  `json:"status,omitempty"`
	Message string        `json:"message,omitempty"`
}

// News reports whether an answer differs from what is known: the version has gone on, or the filing has.
func (f FilingAnswer) News(while []VersionStatus, known order.Filing) bool {
	return !isWait(while, f.Version.Status) || f.Status != "" && f.Status != known
}

// AwaitFiling asks until the version or the filing has gone on. It changes nothing at Alipay.
func (a *Alipay) AwaitFiling(ctx context.Context, question FilingQuestion) (FilingAnswer, error) {
	pacing := question.Version.Pacing
	truth, err := a.askFiling(ctx, question.Version)
	if err != nil {
		return truth, paced(ctx, err, "version", pacing)
	}
	tried := asked(ctx, pacing.Schedule)
	if truth.News(question.Version.While, question.Known) || pacing.ends(tried) {
		return truth, nil
	}
	said := cmp.Or(string(truth.Status), "nothing said")
	return truth, waiting("asked for the ICP filing: "+said, pacing.Schedule.Delay(tried))
}

// askFiling asks about the version first, which shows that the token is good: what Alipay then refuses
// to say of the filing is a permission that the app lacks, and nothing to hold an order for.
func (a *Alipay) askFiling(ctx context.Context, question VersionQuestion) (FilingAnswer, error) {
	version, err := a.askVersion(ctx, question)
	if err != nil {
		return FilingAnswer{}, err
	}
	truth := FilingAnswer{Version: version}
	client, err := a.gateway(question.AppID)
	if err != nil {
		return truth, err
	}
	token, err := a.Tokens.Token(ctx, question.AppID, question.MiniAppID)
	if err != nil {
		return truth, noToken(err)
	}
	filing, err := client.QueryFiling(ctx, token.Secret)
	truth.Status, truth.Message = order.Filing(filing.Status), order.CutText(filing.Description, maxFilingMessage)
	return truth, unlessRefused(err)
}

// maxFilingMessage bounds what Alipay says of a filing, in bytes.
const maxFilingMessage = 600

// unlessRefused drops a refusal that no repetition ends: it is an answer of its own, that there is none.
func unlessRefused(err error) error {
	switch gateway.ClassOf(err) {
	case codes.ClassUnknown, codes.ClassRetry:
		return err
	case codes.ClassWait, codes.ClassQuery, codes.ClassFix, codes.ClassAuthorization, codes.ClassPermanent:
		return nil
	}
	return err
}
