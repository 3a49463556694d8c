package rollout

import "time"

// Codes with which a rollout halts by itself.
const (
	TooManyRejected = "TOO_MANY_REJECTED"
	TooManyFailed   = "TOO_MANY_FAILED"
)

// Tally counts verdicts: members that are known to go well or not.
type Tally struct {
	Judged   int `json:"judged,omitempty"`
	Rejected int `json:"rejected,omitempty"`
	Failed   int `json:"failed,omitempty"`
}

// tally counts the members in a range. Those that are held were never begun, and say nothing of the
// version.
func (r *Rollout) tally(from, to int) (t Tally) {
	for _, m := range r.Members[from:to] {
		switch m.Where {
		case Rejected:
			t.Judged, t.Rejected = t.Judged+1, t.Rejected+1
		case Failed, Stuck:
			t.Judged, t.Failed = t.Judged+1, t.Failed+1
		case Online:
			t.Judged++
		case Waiting, Running, Held, Undone, Withdrawn, Kept:
		}
	}
	return t
}

// without takes away what is forgiven.
func (t Tally) without(forgiven Tally) Tally {
	return Tally{Judged: t.Judged - forgiven.Judged, Rejected: t.Rejected - forgiven.Rejected, Failed: t.Failed - forgiven.Failed}
}

// atMost is what is still there of a tally: what was forgiven and mended since does not forgive others.
func (t Tally) atMost(other Tally) Tally {
	return Tally{Judged: min(t.Judged, other.Judged), Rejected: min(t.Rejected, other.Rejected), Failed: min(t.Failed, other.Failed)}
}

// passes names the bound that a tally passes, counted over a sample at least.
func (p Plan) passes(t Tally, sample int) string {
	over := func(count int, most float64) bool { return float64(count) > most*float64(max(t.Judged, sample, 1)) }
	switch {
	case over(t.Rejected, p.MostRejected):
		return TooManyRejected
	case over(t.Failed, p.MostFailed):
		return TooManyFailed
	}
	return ""
}

// judge halts a rollout of which too much goes wrong: of all of it, or of a wave that has settled.
func (r *Rollout) judge(now time.Time) {
	if r.State != Going {
		return
	}
	all := r.tally(0, len(r.Members))
	r.Forgiven = r.Forgiven.atMost(all)
	code := r.Plan.passes(all.without(r.Forgiven), r.Plan.Sample)
	if from, end := r.bounds(); code == "" && r.Wave >= r.ForgivenWave && r.settled() {
		code = r.Plan.passes(r.tally(from, end), 1)
	}
	if code != "" {
		r.Halt(code, now)
	}
}
