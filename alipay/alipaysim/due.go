package alipaysim

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
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

// plan stores a task to be done after a delay, which the speed divides. It is part
// of the transaction that leads to it: neither exists without the other.
func (t *tx) plan(after Duration, what task) {
	t.saveAt(bucketDue, dueKey(t.now.Add(t.sim.scaled(after)), t.sequence(bucketDue)), what)
}

// dueKey spells time and number so that key order is the order of things.
func dueKey(at time.Time, number uint64) []byte {
	key := binary.BigEndian.AppendUint64(nil, uint64(at.UnixNano()))
	return binary.BigEndian.AppendUint64(key, number)
}

func dueTime(key []byte) time.Time {
	return time.Unix(0, int64(binary.BigEndian.Uint64(key))) //nolint:gosec // the inverse of dueKey
}

// doDue does what is due, sends the deliveries that are due, and returns how many
// those were and when the next thing is.
func (s *Simulator) doDue(ctx context.Context, launch launcher) (sent int, next time.Time, err error) {
	for ctx.Err() == nil {
		did, next, err := s.doDeeds()
		if err != nil {
			return 0, time.Time{}, err
		}
		if did > 0 {
			continue
		}
		sent, nextFlight, err := s.sendDue(ctx, launch)
		return sent, earlier(next, nextFlight), err
	}
	return 0, time.Time{}, nil
}

// deedsPerCommit bounds how many deeds share one fsync.
const deedsPerCommit = 64

// doDeeds does what is due now, each deed in one transaction with everything it
// causes, and returns how many there were and, when none, when the next one is.
func (s *Simulator) doDeeds() (did int, next time.Time, err error) {
	err = s.look(func(t *tx) { next = t.firstDue(bucketDue) })
	if err != nil || next.IsZero() || next.After(s.cfg.Now()) {
		return 0, next, err
	}
	err = s.change(func(t *tx) {
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
	key, raw := t.b.Bucket([]byte(bucketDue)).Cursor().First()
	if t.err != nil || key == nil || dueTime(key).After(t.now) {
		return false
	}
	var what task
	if err := json.Unmarshal(raw, &what); err != nil {
		t.fail(fmt.Errorf("read a due task: %w", err))
		return false
	}
	t.remove(bucketDue, bytes.Clone(key))
	deeds[what.Deed](t, what)
	return true
}

// NextDue tells when the next thing falls due, in the past when it already has;
// the zero time means that nothing is planned. Nothing is done.
func (s *Simulator) NextDue() (next time.Time, err error) {
	err = s.look(func(t *tx) {
		s.mu.Lock()
		defer s.mu.Unlock()
		next = earlier(t.firstDue(bucketDue), t.firstOwed(bucketOwed))
		if s.channel.connected("") {
			next = earlier(next, t.firstOwed(bucketOwedSocket))
		}
	})
	return next, err
}

// firstDue returns when the first entry of a bucket is due, zero when empty.
func (t *tx) firstDue(bucket string) time.Time {
	key, _ := t.b.Bucket([]byte(bucket)).Cursor().First()
	if key == nil {
		return time.Time{}
	}
	return dueTime(key)
}

// earlier returns the earlier of two moments; zero means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
