package rollout

import (
	"time"

	"miniflow/order"
)

// Started says what became of starts that [Rollout.Next] asked for: a code for each, empty where the
// order runs, and whether the member is held for it.
func (r *Rollout) Started(now time.Time, starts []Start) {
	for _, s := range starts {
		m := &r.Members[s.Index]
		if m.Where == Withdrawn && s.Code == "" { // it began as the rollback did
			m.Where, m.Errand = Running, Cancel
		}
		if m.Where != Waiting {
			continue
		}
		switch m.Code = cut(s.Code); {
		case s.Code == "":
			m.Where = Running
		case s.Held:
			m.Where = Held
		default:
			m.Where = Failed
		}
	}
	r.spend(now, len(starts))
	r.judge(now)
}

// Start is what became of one start.
type Start struct {
	Index int    `json:"index"`
	Code  string `json:"code,omitempty"`
	Held  bool   `json:"held,omitempty"`
}

// TakenBack is what became of one that was to be taken back.
type TakenBack struct {
	Index int    `json:"index"`
	Code  string `json:"code,omitempty"`
}

// ErrandDone is what became of one errand: a code where the order refused.
type ErrandDone struct {
	Index  int    `json:"index"`
	Errand Errand `json:"errand"`
	Code   string `json:"code,omitempty"`
}

// spend takes from the rate, as of the moment at which something was asked for.
func (r *Rollout) spend(now time.Time, count int) {
	if r.Free.Before(now) {
		r.Free = now
	}
	r.Free = r.Free.Add(pause(count, r.rate()))
}

// Saw takes in what a look at a member's order has shown, by the order's number.
func (r *Rollout) Saw(now time.Time, id string, seen map[string]Seen) {
	for i := range r.Members {
		m := &r.Members[i]
		if !m.Where.open() {
			continue
		}
		if s, looked := seen[m.OutOrderNo(id)]; looked {
			r.saw(m, s)
		}
	}
	r.judge(now)
}

func (r *Rollout) saw(m *Member, s Seen) {
	where := s.where()
	if r.State == RollingBack && where == Failed {
		where = Withdrawn
	}
	m.Where, m.Code = where, cut(s.Code)
	switch {
	case where == Online:
		m.Version, m.Code, m.Errand = s.Version, "", ""
		r.Took += s.Took
		r.Measured++
	case !where.open():
		m.Errand = ""
	}
}

// WasTold says that an order was told its errand. One that was told to try again is on its way; one
// that refused stands where it stood. An errand that another has replaced meanwhile is still to be told.
func (r *Rollout) WasTold(now time.Time, told []ErrandDone) {
	r.spend(now, len(told))
	for _, t := range told {
		m := &r.Members[t.Index]
		if t.Errand != m.Errand {
			continue
		}
		if m.Errand, m.Code = "", cut(t.Code); t.Code == "" {
			m.Where = Running
		}
	}
}

// unknownPause is how long a rollback waits after calls of which nobody knows what became.
const unknownPause = 30 * time.Second

// TookBack says what became of so many that were to be taken back: an empty code where it is. What it
// does not name is not known, and is asked for again.
func (r *Rollout) TookBack(now time.Time, asked int, undone []TakenBack) {
	for _, u := range undone {
		m := &r.Members[u.Index]
		if m.Where != Online {
			continue
		}
		if m.Where, m.Code = Undone, ""; u.Code != "" {
			m.Where, m.Code = Kept, cut(u.Code)
		}
	}
	if r.spend(now, asked); len(undone) < asked {
		r.Free = r.Free.Add(unknownPause)
	}
}

func cut(code string) string { return order.CutText(code, MaxCode) }
