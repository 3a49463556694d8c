package synth

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Truth is what a log was made with.
type Truth struct {
	Lines, Skipped, Messages, Verified, Distinct, Accepted int
	Forged, ForgedAccepted                                 int
	Repeated, Conflicting, OutOfOrder                      int
	LostEight, LostLater                                   int
	Orders                                                 int
	// Lost has the names of the messages that are lost, by out_order_no, or by the mini program
	// where that is all that is named.
	Lost map[string][]string
}

// teller makes orders one after the other.
type teller struct {
	chance *rand.Rand
	seed   uint64 // in every id, so that logs of several seeds can be read together
	truth  *Truth
	orders int
	ids    int
}

var began = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

const (
	confirmed = "alipay.open.mini.merchant.confirmed"
	authorize = "open_app_auth_notify"
	passed    = "alipay.open.mini.version.audit.passed" //nolint:gosec // a message, whose "pass" is no password
	rejected  = "alipay.open.mini.version.audit.rejected"
)

// next returns the lines of one order in the order of its log. What is wrong with it is one thing,
// so that it is counted once.
func (t *teller) next() []line {
	t.orders++
	t.truth.Orders++
	id, list := t.messages()
	lost := func(name string) { t.truth.Lost[id] = append(t.truth.Lost[id], name) }
	what := t.chance.IntN(1000)
	switch at := t.chance.IntN(len(list)); {
	case what < 15 && len(list) > 2: // the confirmation never came
		t.truth.LostLater++
		lost(confirmed)
		list = list[1:]
	case what < 30 && len(list) > 2: // nor did the authorisation
		t.truth.LostLater++
		lost(authorize)
		list = append(list[:1], list[2:]...)
	case what < 50 && len(list) > 2:
		t.truth.OutOfOrder++
		at = min(at, len(list)-2)
		list[at], list[at+1] = list[at+1], list[at]
	case what < 60:
		t.truth.LostEight++
		lost(list[at].name)
		return t.lines(list, at, 8, refused)
	case what < 70: // accepted the last time
		return t.lines(list, at, 8, accepted)
	case what < 110:
		return t.lines(list, at, 1+t.chance.IntN(3), accepted)
	case what < 120:
		return append(t.lines(list, -1, 0, accepted), t.conflict(*list[at]))
	}
	return t.lines(list, -1, 0, accepted)
}

// messages are those of one order, as they should have come: mostly a mini program from its
// confirmation to its audit, sometimes a refusal, or a version of a mini program that was there.
func (t *teller) messages() (id string, list []*message) {
	at := began.Add(time.Duration(t.orders) * 37 * time.Second)
	no, mini := fmt.Sprintf("synth-%d-%08d", t.seed, t.orders), fmt.Sprintf("2021%04d%08d", t.seed%10_000, t.orders)
	say := func(name, content, miniApp string) {
		at = at.Add(time.Duration(60+t.chance.IntN(7200)) * time.Second).Add(time.Duration(t.chance.IntN(1000)) * time.Millisecond)
		list = append(list, &message{name: name, id: t.id(), content: content, miniApp: miniApp, at: at, signType: t.chance.IntN(50) == 0})
	}
	answer := func(status, app string) {
		say(confirmed, fmt.Sprintf(`{"order_no":"2026%012d","out_order_no":"%s","min_app_id":"%s","status":"%s","pid":"2088000000000001","remark":"商家小程序"}`, t.orders, no, app, status), "")
	}
	kind := t.chance.IntN(20)
	if kind == 0 {
		answer("REJECTED", "")
		return no, list
	}
	if id = mini; kind > 2 {
		id = no
		answer("AGREED", mini)
		say(authorize, fmt.Sprintf(`{"notify_context":{"trigger":"alipay.open.mini.isv.create","trigger_context":{"out_biz_no":"%s"}},"detail":{"app_auth_token":"synthetic%d","auth_app_id":"%s","app_id":"%s","user_id":"2088000000000001","auth_time":%d}}`, no, t.orders, mini, appID, at.UnixMilli()), mini)
	}
	if t.chance.IntN(4) == 0 {
		say(rejected, fmt.Sprintf(`{"mini_app_id":"%s","mini_app_version":"0.0.1","audit_reason":"类目与服务不符，请修改“简介”后重新提交","bundle_id":"com.alipay.alipaywallet"}`, mini), "")
	}
	say(passed, fmt.Sprintf(`{"mini_app_id":"%s","mini_app_version":"0.0.1","bundle_id":"com.alipay.alipaywallet","note":"审核通过"}`, mini), "")
	return id, list
}

// lines are the deliveries of messages: each once, and the one at a place as often as given, with
// that answer at the end.
func (t *teller) lines(list []*message, at, times int, last answer) (all []line) {
	for i, m := range list {
		if i == at {
			for range times - 1 {
				all = append(all, t.line(m, refused))
			}
			all = append(all, t.last(m, last))
			t.truth.Repeated += times - 1
		} else {
			all = append(all, t.line(m, accepted))
		}
		t.truth.Distinct++
	}
	return all
}

// last is the last delivery of several. Its answer is always logged, as it decides about a loss.
func (t *teller) last(m *message, said answer) line {
	one := line{message: m, shape: 1 + t.chance.IntN(shapes-1), answer: said}
	t.count(one)
	return one
}

// line is one delivery. Where the shape has no place for an answer, or now and then, none is logged.
func (t *teller) line(m *message, said answer) line {
	one := line{message: m, shape: t.chance.IntN(shapes), answer: said}
	if one.shape == shapeRaw && said == accepted && m.id[len(m.id)-1]%2 == 0 {
		one.shape = shapeAccess
	}
	if one.shape == shapeRaw || said == refused && t.chance.IntN(4) == 0 {
		one.answer = unknown
	}
	t.count(one)
	return one
}

func (t *teller) count(one line) {
	t.truth.Messages++
	if one.answer == accepted {
		t.truth.Accepted++
	}
	if one.forgery == genuine {
		t.truth.Verified++
		return
	}
	t.truth.Forged++
	if one.answer == accepted {
		t.truth.ForgedAccepted++
	}
}

// conflict is another content under an id that was seen.
func (t *teller) conflict(m message) line {
	m.content = m.content[:len(m.content)-1] + `,"again":"1"}`
	t.truth.Conflicting++
	return t.line(&m, accepted)
}

// id is the next notify_id.
func (t *teller) id() string {
	t.ids++
	return fmt.Sprintf("20260601%010d%016d", t.seed, t.ids)
}

// forged is a message that Alipay has not sent.
func (t *teller) forged() line {
	m := &message{name: passed, id: t.id(), at: began, content: `{"mini_app_id":"2021999999999999","mini_app_version":"6.6.6"}`}
	one := line{message: m, shape: t.chance.IntN(shapes), answer: answer(t.chance.IntN(3)), forgery: forgery(1 + t.chance.IntN(2))}
	if one.shape == shapeRaw {
		one.answer = unknown
	}
	t.count(one)
	return one
}
