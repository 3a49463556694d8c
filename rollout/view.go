package rollout

import (
	"time"

	"miniflow/order"
	"miniflow/words"
)

// View is a rollout as people see it.
type View struct {
	AppID           string         `json:"app_id" doc:"The third-party application." example:"2021000000000000"`
	ID              string         `json:"id" doc:"Its id; its orders' numbers begin with it." example:"autumn"`
	State           State          `json:"state" enum:"listing,running,paused,halted,done,rolling_back,rolled_back" doc:"What it does."`
	Since           time.Time      `json:"since" doc:"Since when." example:"2026-11-30T08:00:00Z"`
	Why             string         `json:"why,omitempty" doc:"What stopped it: TOO_MANY_REJECTED, TOO_MANY_FAILED, or somebody's words." example:"TOO_MANY_REJECTED"`
	TemplateID      string         `json:"template_id" doc:"The template." example:"2021000000009999"`
	TemplateVersion string         `json:"template_version" doc:"The version that members are brought to." example:"1.0.3"`
	From            []string       `json:"from" doc:"The versions that are upgraded; none means all."`
	Members         int            `json:"members" doc:"How many mini programs it is about." example:"2000"`
	LeftOut         int            `json:"left_out,omitempty" doc:"Mini programs beyond what one rollout takes: another takes them."`
	Wave            int            `json:"wave" doc:"The wave; 0 is the canaries'." example:"2"`
	Waves           int            `json:"waves" doc:"The last wave." example:"5"`
	Counts          map[string]int `json:"counts" doc:"Members by where they stand."`
	Settled         int            `json:"settled" doc:"Members that need no more time." example:"260"`
	LeftSeconds     int            `json:"left_seconds" doc:"How long it takes still, as far as can be said; 0 where nobody knows or nothing is left." example:"7200"`
	NextWaveAt      *time.Time     `json:"next_wave_at" doc:"When the next wave begins; null while none is waited for."`
	Exceptions      []MemberView   `json:"exceptions" doc:"The first members that a person may have to see to, twenty at most."`
	// Commands are what it takes now.
	Commands []string `json:"commands" doc:"What it takes now: pause, halt, resume, retry, rollback." example:"pause"`
	// Execution is left to who asks: a workflow does not know how it stands in Temporal.
	Execution order.Execution `json:"execution,omitempty" doc:"How its workflow stands in Temporal." example:"running"`
	StartedAt time.Time       `json:"started_at" doc:"When it was asked for." example:"2026-11-30T08:00:00Z"`
}

// MemberView is a member as people see it.
type MemberView struct {
	MiniAppID  string `json:"mini_app_id" doc:"The mini program." example:"2021000000000001"`
	OutOrderNo string `json:"out_order_no" doc:"Its order." example:"autumn-2021000000000001"`
	Where      string `json:"where" enum:"waiting,running,online,rejected,stuck,failed,held,rolled_back,withdrawn,kept" doc:"Where it stands."`
	Version    string `json:"app_version,omitempty" doc:"The version that was put online." example:"0.0.2"`
	Code       string `json:"code,omitempty" doc:"Why it stands there." example:"CAN_NOT_ROLLBACK_WITH_GRAY"`
	// NextAct is what a person does best.
	NextAct words.Text `json:"next_act,omitzero" doc:"What is best done about it, in one sentence; left out where nothing has to be done."`
}

// MembersAsked asks for a page of members, of those that stand somewhere or of all.
type MembersAsked struct {
	Where string `json:"where,omitempty"`
	After int    `json:"after,omitempty"`
	Most  int    `json:"most"`
}

// MembersPage is a page of members; Next is After of the next, 0 after the last.
type MembersPage struct {
	Members []MemberView `json:"members"`
	Next    int          `json:"next"`
}

// MaxExceptions bounds the exceptions of a [View].
const MaxExceptions = 20

// View is the rollout of an input as it stands.
func (r *Rollout) View(input Input, now time.Time) View {
	p := r.Progress(now)
	v := View{
		AppID: input.AppID, ID: input.ID, State: r.State, Since: r.Since, Why: r.Why, From: input.From,
		TemplateID: input.Request.Version.TemplateID, TemplateVersion: input.Request.Version.TemplateVersion,
		Members: p.Members, LeftOut: r.LeftOut, Wave: p.Wave, Waves: p.Waves, Counts: p.Counts, Settled: p.Settled,
		LeftSeconds: int(p.Left.Seconds()), StartedAt: input.At, Exceptions: []MemberView{}, Commands: r.Commands(),
	}
	if v.From == nil {
		v.From = []string{}
	}
	if r.State == Going && !r.SettledAt.IsZero() {
		next := r.SettledAt.Add(r.Plan.Soak.Std())
		v.NextWaveAt = &next
	}
	for _, m := range r.Members {
		if m.exceptional() && len(v.Exceptions) < MaxExceptions {
			v.Exceptions = append(v.Exceptions, m.view(input.ID))
		}
	}
	return v
}

func (m Member) exceptional() bool {
	switch m.Where {
	case Rejected, Stuck, Failed, Held, Kept:
		return true
	case Waiting, Running, Online, Undone, Withdrawn:
	}
	return false
}

func (m Member) view(id string) MemberView {
	return MemberView{MiniAppID: m.MiniAppID, OutOrderNo: m.OutOrderNo(id), Where: m.Where.Name(), Version: m.Version, Code: m.Code, NextAct: act(m.Where, m.Code)}
}

// Asked are the members that a question means, and where the next page begins, 0 after the last.
func (r *Rollout) Asked(id string, asked MembersAsked) (page []MemberView, next int) {
	page = []MemberView{}
	for i := max(asked.After, 0); i < len(r.Members); i++ {
		if asked.Where != "" && r.Members[i].Where.Name() != asked.Where {
			continue
		}
		if len(page) >= asked.Most {
			return page, i
		}
		page = append(page, r.Members[i].view(id))
	}
	return page, 0
}
