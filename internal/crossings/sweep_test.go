package crossings

import (
	"slices"
	"strings"
	"time"

	"miniflow/alipay"
	"miniflow/order"
	"miniflow/words"
)

// sweepEvery is the time from one pass of the app's Sweep to the next.
const sweepEvery = 10 * time.Minute

// sweep stands in for the app's Sweep, which has its own tests: it reads the memo of an order that
// sleeps, looks what stands at Alipay, and pokes the order where that is news. It looks into the
// simulator and makes no call, since calls are counted and struck here.
func (l *life) sweep() {
	x := l.e.executions[l.orderID()]
	if x.state == closed {
		return
	}
	if waits, ok := x.memo[order.LookMemo].(order.Look); ok && x.state == running && l.isNews(waits) {
		if err := l.e.signal(l.orderID(), order.PokeSignal, order.Poke{Why: words.Plain("the Sweep has found news")}); err != nil {
			l.e.trace("sweep", err.Error())
		}
	}
	l.e.in(sweepEvery, l.sweep)
}

func (l *life) isNews(waits order.Look) bool {
	truth := l.truth()
	merchant := alipay.MethodQuery
	if waits.Kind == order.KindTrial {
		merchant = alipay.MethodTrialQuery
	}
	for _, wait := range waits.Waits {
		switch wait {
		case order.WaitMerchant, order.WaitCertification:
			if o := truth.order(); o != nil && !l.unheard(merchant) && o.isNews(waits, wait) {
				return true
			}
		case order.WaitAudit, order.WaitChange, order.WaitRelease, order.WaitFiling:
			version := truth.mini().version(waits.AppVersion)
			if version != nil && !l.unheard(alipay.MethodVersionDetail) && !slices.Contains(waits.While, version.status()) {
				return true
			}
		}
	}
	return false
}

func (o *truthOrder) isNews(waits order.Look, wait order.Wait) bool {
	status, certification := order.ReadConfirmation(o.Status), order.CertificationNone
	if waits.Kind == order.KindTrial {
		status, certification = order.ReadRegistration(o.Status)
	}
	if wait == order.WaitMerchant {
		return status != order.MerchantWaiting && (status != order.MerchantAgreed || o.MiniAppID != "")
	}
	return status == order.MerchantFailed || certification != order.CertificationNone && certification != waits.Certification
}

// status is what version.detail.query says of a phase: one that is scanned is in development.
func (v *truthVersion) status() string {
	if strings.HasPrefix(v.Phase, "SCAN") {
		return "INIT"
	}
	return v.Phase
}
