package activities

import (
	"context"
	"time"

	"miniflow/look"
)

// The calls of a Sweep. They run on order.SweepTaskQueue, one at a time in each worker.
var (
	// PlanSweep sees how messages arrive and which orders are due. It asks Alipay nothing.
	PlanSweep = Call[SweepCall, Planned]{Name: "PlanSweep", Kind: KindSweep}
	// Sweep asks Alipay about one part of the orders that a plan means, and pokes those with news.
	Sweep = Call[PartCall, look.Report]{Name: "Sweep", Kind: KindSweep}
)

// SweepCall begins a pass of an app's Sweep.
type SweepCall struct {
	AppID string     `json:"app_id"`
	At    time.Time  `json:"at"`
	State look.State `json:"state"`
}

// Planned is a pass as it is planned, and the Sweep's state with what was seen for that.
type Planned struct {
	State look.State `json:"state"`
	Plan  look.Plan  `json:"plan"`
}

// PartCall asks for one part of a pass.
type PartCall struct {
	AppID string    `json:"app_id"`
	Plan  look.Plan `json:"plan"`
	Part  int       `json:"part"`
}

// LookAtMerchant asks once how an order of creation stands. It changes nothing at Alipay, and an
// error is a [Failure].
func (a *Alipay) LookAtMerchant(ctx context.Context, question MerchantQuestion) (MerchantAnswer, error) {
	truth, err := a.askMerchant(ctx, question)
	return truth, refusal(err, "")
}

// LookAtFiling asks once where a version that waits for an ICP filing stands, and how far that is. It
// changes nothing at Alipay, and an error is a [Failure].
func (a *Alipay) LookAtFiling(ctx context.Context, question VersionQuestion) (FilingAnswer, error) {
	truth, err := a.askFiling(ctx, question)
	return truth, refusal(err, "version")
}

// LookAtVersion asks once where a version stands. It changes nothing at Alipay, and an error is a
// [Failure].
func (a *Alipay) LookAtVersion(ctx context.Context, question VersionQuestion) (VersionAnswer, error) {
	truth, err := a.askVersion(ctx, question)
	return truth, refusal(err, "version")
}
