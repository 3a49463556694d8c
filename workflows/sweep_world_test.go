package workflows_test

import (
	"slices"
	"time"

	"go.temporal.io/sdk/testsuite"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
	"miniflow/words"
)

// sweeper stands in for the app's Sweep, which has its own tests: it asks the platform for an
// order that sleeps, by what the order's memo says, and pokes it when there is news.
type sweeper struct {
	platform *platform
	looks    order.Look
	// off is set where a story is about an order that nobody asks for.
	off bool
}

// listed takes what a list would show of the order.
func (s *sweeper) listed(memo map[string]any) {
	if look, isOrder := memo[order.LookMemo].(order.Look); isOrder {
		s.looks = look
	}
}

// every asks again and again until over reports that the story is. These stories send few
// messages, so it asks often; in one that lasts for weeks it takes its time.
func (s *sweeper) every(env *testsuite.TestWorkflowEnvironment, began time.Time, over func() bool, poke func(order.Poke)) {
	if s.off {
		return
	}
	pause := 31 * time.Second
	if env.Now().Sub(began) > 24*time.Hour {
		pause = time.Hour
	}
	env.RegisterDelayedCallback(func() {
		if over() {
			return
		}
		if s.hasNews() {
			poke(order.Poke{Why: words.Plain("the Sweep has found news")})
		}
		s.every(env, began, over, poke)
	}, pause)
}

func (s *sweeper) hasNews() bool {
	news := false
	s.platform.change(func(p *platform) {
		for _, wait := range s.looks.Waits {
			switch wait {
			case order.WaitMerchant, order.WaitCertification:
				news = news || s.merchantNews(p, wait)
			case order.WaitFiling:
				said := order.Filing(p.filing.Status)
				news = news || s.versionNews(p) || said != "" && said != s.looks.Filing
			case order.WaitAudit, order.WaitChange, order.WaitRelease:
				news = news || s.versionNews(p)
			}
		}
	})
	return news
}

// refuses reports whether Alipay refuses the question, and whether the order has to know.
func (p *platform) refusesAsked(method string) (refused, news bool) {
	planned := p.forEver[method]
	if list := p.refusals[method]; len(list) > 0 {
		planned = list[0]
	}
	if planned == nil {
		return false, false
	}
	return true, slices.Contains([]codes.Class{codes.ClassFix, codes.ClassPermanent, codes.ClassAuthorization}, gateway.ClassOf(planned))
}

func (s *sweeper) versionNews(p *platform) bool {
	if refused, news := p.refusesAsked("detail"); refused {
		return news
	}
	version := p.versions[s.looks.AppVersion]
	return p.punished || p.token == "" || version != nil && !slices.Contains(s.looks.While, string(version.Status))
}

// merchantNews reads the two queries as Alipay documents them.
func (s *sweeper) merchantNews(p *platform, wait order.Wait) bool {
	if refused, news := p.refusesAsked("query"); refused {
		return news
	}
	if s.looks.Kind != order.KindTrial {
		return p.merchant != alipay.MerchantProcess && (p.merchant != alipay.MerchantAgreed || !p.nameless)
	}
	status, certification := order.ReadRegistration(string(p.registration))
	if wait == order.WaitMerchant {
		return status != order.MerchantWaiting
	}
	return status == order.MerchantFailed || certification != order.CertificationNone && certification != s.looks.Certification
}
