package ledger

import (
	"cmp"
	"slices"
	"time"

	"miniflow/order"
)

// Order is what a log shows of one order, or of one mini program that no order of the log names.
type Order struct {
	AppID      string         `json:"app_id"`
	OutOrderNo string         `json:"out_order_no,omitempty"`
	OrderNo    string         `json:"order_no,omitempty"` // where there is no out_order_no
	MiniAppID  string         `json:"mini_app_id,omitempty"`
	First      *time.Time     `json:"first,omitempty"`
	Last       *time.Time     `json:"last,omitempty"`
	Messages   int            `json:"messages"`
	Stages     []Step         `json:"stages"`
	Hold       order.HoldKind `json:"hold,omitempty"`

	Lost        []Lost `json:"lost"`
	Conflicting int    `json:"conflicting"`
	OutOfOrder  int    `json:"out_of_order"`
	Repeated    int    `json:"repeated"`
	Unreadable  int    `json:"unreadable"`
	Late        int    `json:"late"`

	root   uint32
	weight int
}

// Summary is what a log shows of all orders together.
type Summary struct {
	Distinct   int // messages, repeats apart
	Orders     int
	Odd        int // orders of which anything is odd
	OutOfOrder int
	Unreadable int
	Unrouted   int // messages of no order and no mini program
	LostEight  int
	LostLater  int
	Worst      []Order // the worst first
	First      *time.Time
	Last       *time.Time
	NamesOf    map[string]int
}

// Close replays every order and returns what they come to, with the worst of them. It may take a
// second for a million messages; the ledger takes nothing afterwards.
func (l *Ledger) Close(worst int) Summary {
	s := Summary{NamesOf: map[string]int{}}
	for i, count := range l.perName {
		s.NamesOf[l.names.list[i]] += count
	}
	var list []uint32
	for at := uint32(1); at < l.subjects.n; at++ {
		root := l.subjects.at(at)
		if root.kind == kindMiniApp && root.partner != 0 {
			continue // told with its order
		}
		list = l.collect(list[:0], root)
		if len(list) == 0 {
			continue // only named
		}
		one := l.order(at, list, false)
		s.add(&one)
		l.drawMissing(one.Lost)
		s.Worst = l.keep(s.Worst, one, worst)
	}
	l.alone(&s)
	for i, one := range s.Worst {
		s.Worst[i] = l.order(one.root, l.collect(nil, l.subjects.at(one.root)), true)
	}
	return s
}

// collect returns the messages of an order and its mini program, in the order of the log.
func (l *Ledger) collect(list []uint32, root *subject) []uint32 {
	for at := root.first; at != 0; at = l.messages.at(at).next {
		list = append(list, at)
	}
	if root.partner != 0 && root.kind != kindMiniApp {
		for at := l.subjects.at(root.partner).first; at != 0; at = l.messages.at(at).next {
			list = append(list, at)
		}
		slices.Sort(list)
	}
	return list
}

// order tells one order. Whole includes its stages and texts.
func (l *Ledger) order(at uint32, list []uint32, whole bool) Order {
	root := l.subjects.at(at)
	one := Order{root: at, Messages: len(list), Conflicting: int(root.conflicts)}
	if root.partner != 0 {
		one.Conflicting += int(l.subjects.at(root.partner).conflicts)
	}
	var latest *message
	for _, place := range list {
		m := l.messages.at(place)
		one.Repeated += int(m.deliveries) - 1
		if m.flags&flagUnreadable != 0 {
			one.Unreadable++
		}
		early := latest != nil && before(m, latest)
		if early {
			one.OutOfOrder++
		}
		if !whole {
			l.redraw(m, early)
		}
		if m.sent() != 0 && (latest == nil || m.sent() > latest.sent()) {
			latest = m
		}
	}
	told := story{ledger: l, keep: whole}
	told.tell(root, list)
	one.Lost, one.Late, one.Hold, one.Stages = told.lost, told.late, told.hold, told.steps
	if one.First, one.Last = moment(l.messages.at(list[0])), moment(l.messages.at(list[len(list)-1])); whole {
		l.name(&one, root)
	}
	one.weight = 1000*len(one.Lost) + 100*one.Conflicting + 10*(one.OutOfOrder+one.Unreadable) + one.Repeated
	return one
}

// before reports whether a message was sent before another one, as far as their times tell: the old
// layout has whole seconds.
func before(m, than *message) bool {
	if m.sent() == 0 || than.sent() == 0 {
		return false
	}
	if (m.flags|than.flags)&flagCoarse != 0 {
		return m.sent()/1000 < than.sent()/1000
	}
	return m.sent() < than.sent()
}

func (l *Ledger) name(one *Order, root *subject) {
	one.AppID = l.apps.list[root.app]
	text := l.texts.get(root.text, root.length)
	switch root.kind {
	case kindOutOrderNo:
		one.OutOrderNo = text
	case kindOrderNo:
		one.OrderNo = text
	default:
		one.MiniAppID = text
	}
	if root.partner != 0 {
		partner := l.subjects.at(root.partner)
		one.MiniAppID = l.texts.get(partner.text, partner.length)
	}
	if one.Lost == nil {
		one.Lost = []Lost{} // [] in JSON
	}
}

// keep has the worst of the orders, the worst first; of equals those that the log shows first.
func (l *Ledger) keep(worst []Order, one Order, n int) []Order {
	if n <= 0 || len(worst) == n && worst[n-1].weight >= one.weight {
		return worst
	}
	at, _ := slices.BinarySearchFunc(worst, one, func(a, b Order) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.root, b.root))
	})
	if len(worst) == n {
		worst = worst[:n-1]
	}
	return slices.Insert(worst, at, one)
}

func (s *Summary) add(one *Order) {
	s.Orders++
	s.OutOfOrder += one.OutOfOrder
	for _, lost := range one.Lost {
		if lost.Why == WhyEight {
			s.LostEight++
		} else {
			s.LostLater++
		}
	}
	if one.weight > 0 {
		s.Odd++
	}
}

// alone counts what belongs to messages and not to orders.
func (l *Ledger) alone(s *Summary) {
	var first, last *message
	for at := uint32(1); at < l.messages.n; at++ {
		m := l.messages.at(at)
		s.Distinct++
		if m.flags&flagUnreadable != 0 {
			s.Unreadable++
		}
		if m.subject == 0 {
			s.Unrouted++
			if m.lost() {
				s.LostEight++
			}
			l.redraw(m, false)
		}
		if m.sent() == 0 {
			continue
		}
		if first == nil || m.sent() < first.sent() {
			first = m
		}
		if last == nil || m.sent() > last.sent() {
			last = m
		}
	}
	if first != nil {
		s.First, s.Last = moment(first), moment(last)
	}
}

// redraw changes the fate of a message that has turned out to be another than it seemed.
func (l *Ledger) redraw(m *message, early bool) {
	fate := FateTaken
	switch {
	case m.lost():
		fate = FateLost
	case early:
		fate = FateOutOfOrder
	}
	if fate != FateTaken {
		l.Timeline.add(m.sent(), FateTaken, -1)
		l.Timeline.add(m.sent(), fate, 1)
	}
}

// drawMissing puts messages that the log does not have into the picture.
func (l *Ledger) drawMissing(lost []Lost) {
	for _, one := range lost {
		if one.At != nil && one.Why == WhyLater {
			l.Timeline.add(one.At.UnixMilli(), FateLost, 1)
		}
	}
}
