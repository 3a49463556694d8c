package crossings

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/alipay/keys"
	"miniflow/order"
)

// scenario is everything about a life that is decided before it begins.
type scenario struct {
	seed   uint64
	kind   order.Kind
	policy order.Policy
	// version is the number that the ISV chose; empty leaves it to Miniflow.
	version    string
	autoOnline *bool
	split      bool
	// triedOut has people try the version out before its audit.
	triedOut bool
	// limited permits a release before the ICP filing.
	limited bool
	rule    alipaysim.Rule
	// chaos is how long things go wrong.
	chaos time.Duration
	acts  []act
	// focus is the write that is nearly always delayed while people act.
	focus string
	// crossing is the chance that another write is delayed, fault that a call goes wrong,
	// refusal that it is refused, dying that a worker dies, door that a push fails.
	crossing, fault, refusal, dying, door float64
	crowdedAt                             int
	// knows is set where another system acts, and says how Miniflow comes to know.
	knows       knowing
	merchantRef string
	schedules   order.Schedules
	// algorithm is the app's 接口加签方式, RSA2 where none is named.
	algorithm keys.SignType
}

// act is something that somebody does at a time.
type act struct {
	at   time.Duration
	what string
}

// rolled is a source of chance with the words that scenarios need.
type rolled struct{ *rand.Rand }

func seeded(seed uint64, words ...string) rolled {
	return rolled{rand.New(rand.NewPCG(seed, hash(words...)))}
}

func hash(words ...string) uint64 {
	h := fnv.New64a()
	for _, word := range words {
		_, _ = h.Write([]byte(word))
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64()
}

func (r rolled) chance(p float64) bool { return r.Float64() < p }

// between returns a duration of any order of magnitude between two.
func (r rolled) between(least, most time.Duration) time.Duration {
	low, high := math.Log(float64(least)), math.Log(float64(most))
	return time.Duration(math.Exp(low + r.Float64()*(high-low))).Round(time.Millisecond)
}

func (r rolled) simulated(least, most time.Duration) alipaysim.Duration {
	return alipaysim.Duration(r.between(least, most))
}

// weighted is one of several words, each with its weight.
type weighted struct {
	word   string
	weight int
}

func (r rolled) one(words ...weighted) string {
	total := 0
	for _, w := range words {
		total += w.weight
	}
	n := r.IntN(total)
	for _, w := range words {
		if n -= w.weight; n < 0 {
			return w.word
		}
	}
	return ""
}

// newScenario makes up a life.
func newScenario(seed uint64) scenario {
	r := seeded(seed, "story")
	s := scenario{
		seed: seed, crowdedAt: 60, schedules: schedules(),
		kind:  order.Kind(r.one(weighted{"formal", 45}, weighted{"trial", 30}, weighted{"release", 25})),
		chaos: r.between(4*time.Hour, 48*time.Hour),
	}
	s.policy = order.Policy{
		Create: r.mode(), Upload: r.mode(), Submit: r.mode(), Release: r.mode(),
		OnBasePass: order.BasePassPolicy(r.one(weighted{"go_online", 1}, weighted{"resubmit", 1}, weighted{"ask", 1})),
	}
	if r.chance(.25) {
		s.version = r.one(weighted{"1.0.0", 1}, weighted{"0.0.1", 1}, weighted{"2.3.4", 1})
	}
	if r.chance(.6) {
		online := r.chance(.75)
		s.autoOnline = &online
	}
	s.split = r.chance(.6)
	s.rule = r.rule()
	for range r.IntN(5) {
		s.acts = append(s.acts, act{at: r.between(time.Second, s.chaos), what: r.deed(3)})
	}
	s.focus = r.one(weighted{".create", 2}, weighted{".upload", 2}, weighted{".audit.apply", 6}, weighted{".audit.cancel", 6},
		weighted{".audited.cancel", 5}, weighted{".online", 6})
	calm := r.chance(.2) // some lives have crossings and nothing else
	if s.crossing = r.Float64() * .3; !calm {
		s.fault, s.refusal, s.dying, s.door = r.Float64()*.15, r.Float64()*.08, r.Float64()*.1, r.Float64()*.15
	}
	return s
}

// schedules returns the defaults, with shorter waits for messages without an order.
func schedules() order.Schedules {
	s := order.DefaultSchedules()
	s.LocateFor, s.ForwardFor = order.Duration(4*time.Hour), order.Duration(2*time.Hour)
	s.Authorization = order.Schedule{{Every: time.Hour}}
	s.Unclaimed, s.DeadFor = order.Duration(12*time.Hour), order.Duration(24*time.Hour)
	return s
}

func (r rolled) mode() order.StepMode {
	return order.StepMode(r.one(weighted{"auto", 80}, weighted{"manual", 14}, weighted{"external", 6}))
}

// deed returns what people and systems do, at any time; cancelling has the given weight.
func (r rolled) deed(cancel int) string {
	return r.one(
		weighted{"cancel", cancel}, weighted{"withdraw", 8}, weighted{"refresh", 7}, weighted{"retry", 7}, weighted{"approve", 5},
		weighted{"resubmit", 6}, weighted{"resubmit version", 5}, weighted{"provide-input", 4}, weighted{"provide order_no", 3},
		weighted{"decide online", 3}, weighted{"decide resubmit", 3}, weighted{"nonsense", 2}, weighted{"give-up", 1},
		weighted{"revoke", 6}, weighted{"authorize", 6}, weighted{"import", 3},
		weighted{"console submit", 4}, weighted{"console withdraw", 4}, weighted{"console online", 4}, weighted{"console take back", 4},
		weighted{"merchant answers", 3}, weighted{"verdict", 4},
		weighted{"repeat message", 4}, weighted{"other id", 4}, weighted{"forged", 4}, weighted{"old verdict", 4}, weighted{"stranger", 2},
	)
}

// whenAt returns what a person does some time after an order has come to a stage or a hold,
// because a random moment seldom hits some calls. Empty means nothing.
func (r rolled) whenAt(stage order.Stage, hold order.HoldKind) string {
	nothing := weighted{"", 40}
	switch hold {
	case order.HoldNeedsApproval:
		return r.one(weighted{"approve", 60}, weighted{"cancel", 4}, nothing)
	case order.HoldNeedsOperator, order.HoldPipelineBusy, order.HoldAwaitingFiling:
		return r.one(weighted{"retry", 30}, weighted{"resubmit version", 10}, weighted{"cancel", 4}, nothing)
	case order.HoldNeedsInput:
		return r.one(weighted{"provide-input", 40}, weighted{"resubmit version", 10}, nothing)
	case order.HoldAuthorizationRevoked:
		return r.one(weighted{"authorize", 50}, weighted{"cancel", 8}, nothing)
	case order.HoldPunished, order.HoldAwaitingCertification, order.MiniProgramOffline, "":
	}
	switch stage {
	case order.StageAuditing:
		return r.one(weighted{"withdraw", 24}, weighted{"cancel", 14}, weighted{"console withdraw", 4}, weighted{"revoke", 4}, nothing)
	case order.StageAuditRejected:
		return r.one(weighted{"resubmit", 40}, weighted{"resubmit version", 20}, weighted{"cancel", 15}, nothing)
	case order.StageBasePassed:
		return r.one(weighted{"decide online", 20}, weighted{"decide resubmit", 20}, weighted{"cancel", 10}, nothing)
	case order.StageReleasing:
		return r.one(weighted{"cancel", 20}, weighted{"console take back", 6}, weighted{"revoke", 4}, nothing)
	case order.StageCreating, order.StageAwaitingMerchant, order.StageAwaitingAuthorization, order.StageBuilding, order.StageScanning,
		order.StageSubmitting, order.StageOnline, order.StageMerchantRejected, order.StageConfirmTimedOut,
		order.StageCreationFailed, order.StageCancelled:
	}
	return ""
}

// rule returns how merchants, builders, reviewers and the network behave.
func (r rolled) rule() alipaysim.Rule {
	rule := alipaysim.Rule{
		Merchant: &alipaysim.MerchantRule{
			Answer: r.one(weighted{"AGREED", 88}, weighted{"REJECTED", 3}, weighted{"TIMEOUT", 3}, weighted{"FAILED", 2}, weighted{"none", 4}),
			After:  r.simulated(time.Second, 30*time.Minute), Quiet: r.chance(.1),
		},
		Authorize: &alipaysim.AuthorizeRule{After: r.simulated(time.Second, 20*time.Minute), Skip: r.chance(.05)},
		Build: &alipaysim.BuildRule{After: r.simulated(time.Second, 10*time.Minute),
			Result: r.one(weighted{"ok", 92}, weighted{"fail", 5}, weighted{"timeout", 3})},
		Scan:       &alipaysim.ScanRule{After: r.simulated(time.Second, 30*time.Minute), Result: r.one(weighted{"pass", 95}, weighted{"fail", 5})},
		AutoOnline: &alipaysim.AutoOnlineRule{After: r.simulated(time.Second, 3*time.Hour)},
		Pushes: &alipaysim.PushRule{
			Off: r.chance(.05), Drop: max(0, r.Float64()*.5-.3), Duplicate: r.IntN(3),
			Bare: r.chance(.3),
		},
		Registration:            r.one(weighted{"done", 9}, weighted{"missing", 1}),
		AuditNeedsCertification: r.chance(.3),
	}
	if r.chance(.5) {
		rule.Pushes.Shuffle, rule.Pushes.Delay = r.simulated(time.Millisecond, 30*time.Minute), r.simulated(time.Millisecond, 30*time.Minute)
	}
	for range 1 + r.IntN(3) {
		rule.Audits = append(rule.Audits, alipaysim.AuditRule{
			Result: r.one(weighted{"pass", 50}, weighted{"reject", 25}, weighted{"base_pass", 18}, weighted{"none", 7}),
			After:  r.simulated(time.Second, 3*time.Hour),
		})
	}
	if r.chance(.2) {
		rule.Revoke = &alipaysim.RevokeRule{
			On:    r.one(weighted{"authorized", 1}, weighted{"building", 1}, weighted{"scanning", 1}, weighted{"auditing", 2}, weighted{"rejected", 1}, weighted{"passed", 2}),
			After: r.simulated(time.Second, time.Hour),
		}
		if r.chance(.6) {
			rule.Revoke.ReauthorizeAfter = r.simulated(time.Second, 3*time.Hour)
		}
	}
	rule.Certify = []alipaysim.CertifyStep{}
	for _, status := range []alipaysim.OrderStatus{alipaysim.CertifyOperator, alipaysim.CertifyMerchant, alipaysim.CertifySuccess} {
		rule.Certify = append(rule.Certify, alipaysim.CertifyStep{Status: status, After: r.simulated(time.Second, 3*time.Hour)})
	}
	if r.chance(.3) {
		rule.Certify = rule.Certify[:r.IntN(len(rule.Certify))]
	}
	return rule
}

// kindly returns how everybody behaves once the chaos is over.
func kindly() alipaysim.Rules {
	minutes := alipaysim.Duration(5 * time.Minute)
	return alipaysim.Rules{Rules: []alipaysim.Rule{{
		Merchant: &alipaysim.MerchantRule{Answer: "AGREED", After: minutes}, Authorize: &alipaysim.AuthorizeRule{After: minutes},
		Build: &alipaysim.BuildRule{After: minutes, Result: "ok"}, Scan: &alipaysim.ScanRule{After: minutes, Result: "pass"},
		Audits: []alipaysim.AuditRule{{Result: "pass", After: minutes}}, AutoOnline: &alipaysim.AutoOnlineRule{After: minutes},
		Pushes: &alipaysim.PushRule{}, Registration: "done", Certify: []alipaysim.CertifyStep{{Status: alipaysim.CertifySuccess, After: minutes}},
	}}}
}
