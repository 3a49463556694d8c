package crossings

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// story is everything about a life that is decided before it begins.
type story struct {
	seed   uint64
	kind   order.Kind
	policy order.Policy
	// version is the number that the ISV chose; empty leaves it to Miniflow.
	version    string
	autoOnline *bool
	split      bool
	rule       alipaysim.Rule
	// chaos is how long things go wrong.
	chaos time.Duration
	acts  []act
	// crossing is the chance that a write is held back while people act, fault that a
	// call goes wrong, refusal that it is refused, dying that a worker dies.
	crossing, fault, refusal, dying, door float64
	crowdedAt                             int
	schedules                             order.Schedules
}

// act is something that somebody does at a time.
type act struct {
	at   time.Duration
	what string
}

// rolled is a source of chance with the words that stories need.
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

// between is a duration of any order of magnitude between two.
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

// tell makes up a life.
func tell(seed uint64) story {
	r := seeded(seed, "story")
	s := story{
		seed: seed, crowdedAt: 60, schedules: schedules(),
		kind:  order.Kind(r.one(weighted{"formal", 45}, weighted{"trial", 30}, weighted{"release", 25})),
		chaos: r.between(20*time.Minute, 48*time.Hour),
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
	for range r.IntN(7) {
		s.acts = append(s.acts, act{at: r.between(time.Second, s.chaos), what: r.deed()})
	}
	calm := r.chance(.15) // some lives have crossings and nothing else
	if s.crossing = r.Float64() * .5; !calm {
		s.fault, s.refusal, s.dying, s.door = r.Float64()*.15, r.Float64()*.08, r.Float64()*.1, r.Float64()*.15
	}
	return s
}

// schedules are the defaults, with shorter waits for what has no order.
func schedules() order.Schedules {
	s := order.DefaultSchedules()
	s.LocateFor, s.ForwardFor = order.Duration(4*time.Hour), order.Duration(2*time.Hour)
	s.Unclaimed, s.DeadFor = order.Duration(12*time.Hour), order.Duration(24*time.Hour)
	return s
}

func (r rolled) mode() order.StepMode {
	return order.StepMode(r.one(weighted{"auto", 72}, weighted{"manual", 18}, weighted{"external", 10}))
}

// deed is what people and systems do, at any time.
func (r rolled) deed() string {
	return r.one(
		weighted{"cancel", 20}, weighted{"withdraw", 8}, weighted{"refresh", 7}, weighted{"retry", 7}, weighted{"approve", 5},
		weighted{"resubmit", 6}, weighted{"resubmit version", 5}, weighted{"provide-input", 4}, weighted{"provide order_no", 3},
		weighted{"decide online", 3}, weighted{"decide resubmit", 3}, weighted{"nonsense", 2}, weighted{"give-up", 1},
		weighted{"revoke", 6}, weighted{"authorize", 6}, weighted{"import", 3},
		weighted{"console submit", 4}, weighted{"console withdraw", 4}, weighted{"console online", 4}, weighted{"console take back", 4},
		weighted{"merchant answers", 3}, weighted{"verdict", 4},
		weighted{"repeat message", 4}, weighted{"other id", 4}, weighted{"forged", 4}, weighted{"old verdict", 4}, weighted{"stranger", 2},
	)
}

// rule is how merchants, builders, reviewers and the network behave.
func (r rolled) rule() alipaysim.Rule {
	rule := alipaysim.Rule{
		Merchant: &alipaysim.MerchantRule{
			Answer: r.one(weighted{"AGREED", 80}, weighted{"REJECTED", 5}, weighted{"TIMEOUT", 5}, weighted{"FAILED", 3}, weighted{"none", 7}),
			After:  r.simulated(time.Second, 2*time.Hour), Quiet: r.chance(.1),
		},
		Authorize: &alipaysim.AuthorizeRule{After: r.simulated(time.Second, time.Hour), Skip: r.chance(.08)},
		Build: &alipaysim.BuildRule{After: r.simulated(time.Second, 10*time.Minute),
			Result: r.one(weighted{"ok", 88}, weighted{"fail", 8}, weighted{"timeout", 4})},
		Scan:       &alipaysim.ScanRule{After: r.simulated(time.Second, 30*time.Minute), Result: r.one(weighted{"pass", 92}, weighted{"fail", 8})},
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
			After:  r.simulated(time.Second, 6*time.Hour),
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

// kindly is how everybody behaves once the chaos is over.
func kindly() alipaysim.Rules {
	minutes := alipaysim.Duration(5 * time.Minute)
	return alipaysim.Rules{Rules: []alipaysim.Rule{{
		Merchant: &alipaysim.MerchantRule{Answer: "AGREED", After: minutes}, Authorize: &alipaysim.AuthorizeRule{After: minutes},
		Build: &alipaysim.BuildRule{After: minutes, Result: "ok"}, Scan: &alipaysim.ScanRule{After: minutes, Result: "pass"},
		Audits: []alipaysim.AuditRule{{Result: "pass", After: minutes}}, AutoOnline: &alipaysim.AutoOnlineRule{After: minutes},
		Pushes: &alipaysim.PushRule{}, Registration: "done", Certify: []alipaysim.CertifyStep{{Status: alipaysim.CertifySuccess, After: minutes}},
	}}}
}
