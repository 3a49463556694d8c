package alipaysim

import (
	"encoding/binary"
	"iter"
	"time"
)

// deed names what falls due.
type deed string

// Deeds of merchants, builders and reviewers.
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

// task is one planned deed. It names what it is about and, where a deed can be
// overtaken, which attempt it was planned for: a stale task does nothing.
type task struct {
	Deed       deed   `json:"deed"`
	OrderNo    string `json:"order_no,omitempty"`
	MiniAppID  string `json:"mini_app_id,omitempty"`
	BundleID   string `json:"bundle_id,omitempty"`
	AppVersion string `json:"app_version,omitempty"`
	Attempt    int    `json:"attempt,omitempty"`
	Answer     string `json:"answer,omitempty"`
	Token      string `json:"token,omitempty"`
	// Rule is the audit's verdict, fixed when the attempt began.
	Rule *AuditRule `json:"rule,omitempty"`
	// Again is when a revoked authorisation is given again; 0 is never.
	Again Duration `json:"again,omitempty"`
}

// deeds says who does what. Read only.
var deeds = map[deed]func(*tx, task){
	deedMerchant:  (*tx).merchantAnswers,
	deedAuthorize: (*tx).merchantAuthorizes,
	deedRevoke:    (*tx).merchantRevokes,
	deedCertify:   (*tx).certify,
	deedBuild:     (*tx).buildEnds,
	deedScan:      (*tx).scanEnds,
	deedAudit:     (*tx).auditEnds,
	deedOnline:    (*tx).goesOnline,
}

// dueKey spells time and number so that key order is the order of things.
func dueKey(at time.Time, number uint64) []byte {
	key := binary.BigEndian.AppendUint64(nil, uint64(at.UnixNano()))
	return binary.BigEndian.AppendUint64(key, number)
}

func dueTime(key []byte) time.Time {
	return time.Unix(0, int64(binary.BigEndian.Uint64(key))) //nolint:gosec // the inverse of dueKey
}

// plan stores a task to be done after a delay, which the speed divides. It is part
// of the transaction that leads to it: neither exists without the other.
func (t *tx) plan(after Duration, what task) {
	t.saveAt(bucketDue, dueKey(t.Now.Add(t.scaled(after)), t.sequence(bucketDue)), what)
}

// deedsPerCommit bounds how many deeds share one fsync.
const deedsPerCommit = 64

// doDeeds does what is due now, each deed in one transaction with everything it
// causes, and returns how many there were and, when there were none, when the next
// one is.
func (w *world) doDeeds() (did int, next time.Time, err error) {
	err = w.look(func(t *tx) { next = t.firstDeed() })
	if err != nil || next.IsZero() || next.After(w.Now()) {
		return 0, next, err
	}
	err = w.change(func(t *tx) {
		for did = 0; did < deedsPerCommit; did++ {
			if !t.doFirst() {
				return
			}
		}
	})
	return did, time.Time{}, err
}

// doFirst does the first deed if it is due.
func (t *tx) doFirst() bool {
	key := t.first(bucketDue)
	var what task
	if key == nil || dueTime(key).After(t.Now) || !t.loadAt(bucketDue, key, &what) {
		return false
	}
	t.removeAt(bucketDue, key)
	deeds[what.Deed](t, what)
	return true
}

// firstDeed returns when the first deed is due, zero when nothing is planned.
func (t *tx) firstDeed() time.Time {
	if key := t.first(bucketDue); key != nil {
		return dueTime(key)
	}
	return time.Time{}
}

// due are the deeds that are planned, the soonest first.
func (t *tx) due() iter.Seq2[time.Time, task] {
	return func(yield func(time.Time, task) bool) {
		for key := range t.keys(bucketDue) {
			var what task
			if !t.loadAt(bucketDue, key, &what) || !yield(dueTime(key), what) {
				return
			}
		}
	}
}

// earlier returns the earlier of two moments; zero means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
