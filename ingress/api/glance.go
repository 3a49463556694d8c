package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"miniflow/attention/gather"
	"miniflow/order"
)

func (a *API) routeGlance(calls huma.API) {
	call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "get-overview", Method: http.MethodGet, Path: "/v1/overview", Tags: []string{"overview"},
		Summary: "Everything at a glance: stages, holds, the last fourteen days, audits",
		Description: "It is at least a minute old before it is counted anew, and that happens behind an answer that is up to ten minutes old. " +
			"Days are those of Beijing; a day that is over is counted once an hour.",
	}, a.getGlance)
}

type glanceInput struct {
	AppID string `query:"app_id" maxLength:"64" doc:"Left out: every app of the key."`
}

type glanceOutput struct{ Body glance }

// glance is what the overview of the console shows. Temporal's visibility is all that is asked, which
// can count and list; what else is wanted is approximated as the members say.
type glance struct {
	At         time.Time             `json:"at" doc:"When the counting began." example:"2026-11-20T08:00:00Z"`
	Stages     []stageGlance         `json:"stages" doc:"Every stage, in the order of the story."`
	Holds      []holdGlance          `json:"holds" doc:"Every hold."`
	EndedToday map[order.Stage]int64 `json:"ended_today" doc:"Orders that have ended today, by the stage in which they did; every end is there."`
	Funnel     []funnelStep          `json:"funnel" doc:"How far the orders have come that began within these fourteen days: begun, confirmed, authorized, submitted, passed, online."`
	Days       []dayGlance           `json:"days" doc:"The last fourteen days, the oldest first, today last."`
	Audits     auditsGlance          `json:"audits" doc:"How long audits take, of the sample."`
	Rejections []rejectionsGlance    `json:"rejections" doc:"Why audits rejected, by template, of the sample, the template with the most first."`
	Sample     int                   `json:"sample" doc:"Of how many orders audits and rejections are: of those that ended last and were in an audit, at most a hundred." example:"100"`
}

type stageGlance struct {
	Stage order.Stage `json:"stage" doc:"The stage." example:"auditing"`
	waitGlance
}

type holdGlance struct {
	Hold order.HoldKind `json:"hold" doc:"The hold." example:"needs_input"`
	waitGlance
}

// waitGlance is how many orders wait in one place. It has no oldest one where none is there, and in
// stages that are ends.
type waitGlance struct {
	Count int64 `json:"count" doc:"How many orders." example:"40"`
	// OldestSince is exact up to two hundred orders.
	OldestSince *time.Time `json:"oldest_since" doc:"Since when the oldest one is there; null where none is, and at ends. Where more than two hundred are, the oldest of those that were started first." example:"2026-11-18T08:00:00Z"`
	OutOrderNo  string     `json:"oldest_out_order_no" doc:"That order." example:"shop-7-first"`
	AppID       string     `json:"oldest_app_id" doc:"Its third-party application." example:"2021000000000000"`
}

// funnelStep is one step of the funnel.
type funnelStep struct {
	Step   string `json:"step" enum:"begun,confirmed,authorized,submitted,passed,online" doc:"begun: started, by the last run of its workflow. confirmed: the mini program exists. authorized: it has come to the building of a version; one that ended before an audit counts as not. submitted: in an audit at least once. passed: being put online, or online. online: online." example:"submitted"`
	Orders int64  `json:"orders" doc:"How many have come so far." example:"40"`
}

type dayGlance struct {
	Day      string `json:"day" doc:"The day in Beijing." example:"2026-11-20"`
	Begun    int64  `json:"begun" doc:"Orders that were started, by the last run of their workflows: one with so long a history that it was continued counts on the day of that." example:"40"`
	Online   int64  `json:"online" doc:"Orders that went online." example:"30"`
	Rejected int64  `json:"rejected" doc:"Orders that ended because the merchant declined or the creation failed. An audit's refusal ends no order, see rejections." example:"3"`
}

type auditsGlance struct {
	Audits int   `json:"audits" doc:"How many audits have a verdict in the sample." example:"130"`
	Median int64 `json:"p50_seconds" doc:"From the submission to the verdict: half took no longer." example:"90000"`
	P90    int64 `json:"p90_seconds" doc:"Nine in ten took no longer." example:"180000"`
}

type rejectionsGlance struct {
	TemplateID string          `json:"template_id" doc:"The template; empty where the order does not say." example:"2021000000009999"`
	Audits     int             `json:"audits" doc:"Audits of it that have a verdict in the sample." example:"60"`
	Rejected   int             `json:"rejected" doc:"How many of them rejected." example:"12"`
	Reasons    []reasonsGlance `json:"reasons" doc:"The reasons that were given most, at most five."`
}

type reasonsGlance struct {
	Reason string `json:"reason" doc:"How the reason begins, personal data masked; those that begin alike are one." example:"小程序名称与营业执照不符"`
	Count  int    `json:"count" doc:"In how many audits." example:"7"`
}

// memories are what the API remembers between calls. All of it can be asked for again.
type memories struct {
	counts   remembered[stats]
	gathers  remembered[gather.Found]
	overview remembered[glance]
	// miniPrograms and held are pages that cost a query of each mini program.
	miniPrograms remembered[miniProgramPage]
	held         remembered[held]
	store        storeMemory
	glances      glanceMemory
}

// glanceMemory keeps what overviews are made of: counts of days that are over, and ended orders.
type glanceMemory struct {
	mutex   sync.Mutex
	days    map[string]countedDay
	samples map[string]sampled
}

// getGlance answers with what is known while that is not too old, and counts behind the answer. Only
// who asks first waits.
func (a *API) getGlance(ctx context.Context, input *glanceInput) (*glanceOutput, error) {
	within, err := reachOf(ctx, input.AppID)
	if err != nil {
		return nil, err
	}
	counted, err := a.glanceAt(ctx, within, ages{glanceFor, glanceStale})
	if err != nil {
		return nil, temporalProblem(err, "count the orders", "")
	}
	return &glanceOutput{Body: counted}, nil
}

func (a *API) glanceAt(ctx context.Context, within reach, age ages) (glance, error) {
	return a.overview.get(ctx, within.orders().String(), age, a.config.Now, func() (glance, error) {
		ctx, cancel := context.WithTimeout(a.streams, glanceWithin)
		defer cancel()
		return a.glance(ctx, within, a.config.Now().UTC())
	})
}

// KeepOverview counts the overview of everything now, and again whenever it would get too old, until ctx
// or the API ends: so that nobody waits for it who may see everything.
func (a *API) KeepOverview(ctx context.Context) {
	everything, _ := a.config.appsOf([]string{"*"})
	for {
		next := glanceKept
		if _, err := a.glanceAt(ctx, reach{apps: everything}, ages{glanceFor, glanceFor}); err != nil {
			next = glanceAgain
		}
		timer := time.NewTimer(next)
		select {
		case <-timer.C:
		case <-ctx.Done():
		case <-a.streams.Done():
		}
		timer.Stop()
		if ctx.Err() != nil || a.streams.Err() != nil {
			return
		}
	}
}
