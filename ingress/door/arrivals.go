package door

import (
	"slices"
	"sync"
	"time"

	"miniflow/alipay/notify"
	"miniflow/order"
)

// arrivalsKept is how many arrivals a process remembers, for readers that fall behind.
const arrivalsKept = 512

// Arrivals remembers what has come to the doors of this process lately, for people who look on.
// It promises nothing: a reader that is too slow misses some and sees that by their numbers, and
// the doors never wait for one. It is safe for concurrent use.
type Arrivals struct {
	mu   sync.Mutex
	last uint64
	kept [arrivalsKept]order.Arrival
	more chan struct{} // closed by the next arrival
}

// NewArrivals returns a memory without arrivals.
func NewArrivals() *Arrivals { return &Arrivals{more: make(chan struct{})} }

// add keeps an arrival; on a nil memory it does nothing.
func (a *Arrivals) add(arrival order.Arrival) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last++
	arrival.Sequence = a.last
	a.kept[a.last%arrivalsKept] = arrival
	close(a.more)
	a.more = make(chan struct{})
}

// Last returns the number of the newest arrival, from which a reader begins that wants news alone.
func (a *Arrivals) Last() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last
}

// After returns what is remembered of these apps behind a number, the number of the newest arrival
// of all, and a channel that is closed by the next one.
func (a *Arrivals) After(sequence uint64, apps []string) (found []order.Arrival, last uint64, more <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.last > arrivalsKept {
		sequence = max(sequence, a.last-arrivalsKept)
	}
	for next := sequence + 1; next <= a.last; next++ {
		if arrival := a.kept[next%arrivalsKept]; slices.Contains(apps, arrival.AppID) {
			found = append(found, arrival)
		}
	}
	return found, a.last, a.more
}

// arrived remembers a message that was verified, and what it names as far as it was read.
func (in *Intake) arrived(n *notify.Notification, channel Channel, read order.Notification, disposition order.Disposition, err error, began time.Time) {
	now := in.config.Now()
	arrival := order.Arrival{
		At: now, AppID: n.AppID, NotifyID: order.PlainID(n.NotifyID), Name: word(n.Name), Channel: string(channel), Disposition: disposition,
		OutOrderNo: read.OutOrderNo, MiniAppID: read.MiniAppID, Duration: now.Sub(began).Seconds(),
	}
	if err != nil {
		arrival.Reason = string(causeOf(err))
	}
	in.config.Arrivals.add(arrival)
}
