package world

import (
	"encoding/binary"
	"iter"
	"time"

	"miniflow/alipay/alipaysim/script"
)

// deed names what falls due. It stands in the file with each task, so a new spelling
// would lose what is planned.
type deed string

const (
	deedMerchant  deed = "merchant"
	deedAuthorize deed = "authorize"
	deedRevoke    deed = "revoke"
	deedCertify   deed = "certify"
	deedBuild     deed = "build"
	deedScan      deed = "scan"
	deedAudit     deed = "audit"
	deedOnline    deed = "online"
)

// Task is one planned deed. It names what it is about and, where a deed can be
// overtaken, which attempt it was planned for: a stale task does nothing.
type Task struct {
	Deed       deed   `json:"deed"`
	OrderNo    string `json:"order_no,omitempty"`
	MiniAppID  string `json:"mini_app_id,omitempty"`
	BundleID   string `json:"bundle_id,omitempty"`
	AppVersion string `json:"app_version,omitempty"`
	Attempt    int    `json:"attempt,omitempty"`
	Answer     string `json:"answer,omitempty"`
	Token      string `json:"token,omitempty"`
	// Rule is the audit's verdict, fixed when the attempt began.
	Rule *script.AuditRule `json:"rule,omitempty"`
	// Again is when a revoked authorisation is given again; 0 is never. It travels with
	// the task, so a rule that is replaced meanwhile changes nothing.
	Again script.Duration `json:"again,omitempty"`
}

// deeds finds who does what a task of the file names. Read only.
var deeds = map[deed]func(*Tx, Task){
	deedMerchant:  (*Tx).merchantAnswers,
	deedAuthorize: (*Tx).merchantAuthorizes,
	deedRevoke:    (*Tx).merchantRevokes,
	deedCertify:   (*Tx).certify,
	deedBuild:     (*Tx).buildEnds,
	deedScan:      (*Tx).scanEnds,
	deedAudit:     (*Tx).auditEnds,
	deedOnline:    (*Tx).goesOnline,
}

// dueKey spells time and number so that key order is the order of things; the number
// keeps two of one moment apart.
func dueKey(at time.Time, number uint64) []byte {
	key := binary.BigEndian.AppendUint64(nil, uint64(at.UnixNano()))
	return binary.BigEndian.AppendUint64(key, number)
}

// DueTime is the moment that a key of what is due or owed begins with, so that nothing
// has to be read to know when it is due.
func DueTime(key []byte) time.Time {
	return time.Unix(0, int64(binary.BigEndian.Uint64(key))) //nolint:gosec // the inverse of dueKey
}

// plan stores a task to be done after a delay, which the speed divides. It is part
// of the transaction that leads to it: neither exists without the other.
func (t *Tx) plan(after script.Duration, what Task) {
	t.SaveAt(bucketDue, dueKey(t.Now.Add(t.scaled(after)), t.Sequence(bucketDue)), what)
}

// deedsPerCommit bounds how many deeds share one fsync: with one each, a simulator at a
// thousandfold speed would wait for its disk.
const deedsPerCommit = 64

// DoDeeds does what is due now, each deed in one transaction with everything it
// causes, and returns how many there were and, when there were none, when the next
// one is.
func (w *World) DoDeeds() (did int, next time.Time, err error) {
	err = w.Look(func(t *Tx) { next = t.FirstDeed() })
	if err != nil || next.IsZero() || next.After(w.Now()) {
		return 0, next, err
	}
	err = w.Change(func(t *Tx) {
		for did = 0; did < deedsPerCommit; did++ {
			if !t.DoFirst() {
				return
			}
		}
	})
	return did, time.Time{}, err
}

// DoFirst does the first deed if it is due. It leaves the plan in the transaction of
// its effect, so no crash does it twice.
func (t *Tx) DoFirst() bool {
	key := t.First(bucketDue)
	var what Task
	if key == nil || DueTime(key).After(t.Now) || !t.LoadAt(bucketDue, key, &what) {
		return false
	}
	t.RemoveAt(bucketDue, key)
	deeds[what.Deed](t, what)
	return true
}

// FirstDeed returns when the first deed is due, zero when nothing is planned: then only
// a change can make something due.
func (t *Tx) FirstDeed() time.Time {
	if key := t.First(bucketDue); key != nil {
		return DueTime(key)
	}
	return time.Time{}
}

// Due are the deeds that are planned, the soonest first, as the management API shows
// them.
func (t *Tx) Due() iter.Seq2[time.Time, Task] {
	return func(yield func(time.Time, Task) bool) {
		for key := range t.Keys(bucketDue) {
			var what Task
			if !t.LoadAt(bucketDue, key, &what) || !yield(DueTime(key), what) {
				return
			}
		}
	}
}

// Earlier returns the earlier of two moments; zero means never.
func Earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
