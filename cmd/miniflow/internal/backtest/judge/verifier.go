package judge

import (
	"bytes"
	"errors"
	"sync"

	"miniflow/alipay/notify"
)

// maxStrangers is how many apps that only messages name get a verifier of their own: a forger may
// name a million.
const maxStrangers = 4096

// verifier is what the doors verify with, and, where keys were given by hand for any app, one for
// each app that a message names. It is safe for concurrent use.
type verifier struct {
	known verifiers // empty when any app counts
	any   notify.App

	mu        sync.RWMutex
	strangers map[string]verifiers
}

// verifiers are two with the same keys, for messages of the old layout and the new. A verifier tries
// the rule first that held last, and the layouts may follow different rules: with one for both, each
// change from one to the other would cost another RSA operation.
type verifiers [2]*notify.Verifier

func newVerifiers(apps []notify.App) (both verifiers, err error) {
	for i := range both {
		if both[i], err = notify.NewVerifier(apps); err != nil {
			return both, err
		}
	}
	return both, nil
}

// forLayout chooses by a guess, which decides about the cost alone.
func (both verifiers) forLayout(form []byte) *notify.Verifier {
	if bytes.Contains(form, []byte("msg_method=")) {
		return both[1]
	}
	return both[0]
}

// newVerifier checks the keys, so that a wrong one fails before the first line.
func newVerifier(apps []notify.App) (*verifier, error) {
	if len(apps) != 1 || apps[0].ID != "" {
		known, err := newVerifiers(apps)
		return &verifier{known: known}, err
	}
	v := &verifier{any: apps[0], strangers: map[string]verifiers{}}
	_, err := v.of("any")
	return v, err
}

func (v *verifier) of(appID string) (verifiers, error) {
	if v.known[0] != nil {
		return v.known, nil
	}
	v.mu.RLock()
	found := v.strangers[appID]
	v.mu.RUnlock()
	if found[0] != nil {
		return found, nil
	}
	app := v.any
	app.ID = appID
	made, err := newVerifiers([]notify.App{app})
	if err != nil {
		return made, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.strangers) < maxStrangers {
		v.strangers[appID] = made
	}
	return made, nil
}

// verify returns the notification, or why a door would have refused it. With SHA-1 allowed, a
// message without sign_type may be of either kind.
func (v *verifier) verify(form []byte, appID string) (*notify.Notification, notify.Reason) {
	if appID == "" {
		return nil, notify.ReasonMissingAppID
	}
	both, err := v.of(appID)
	if err != nil {
		return nil, notify.ReasonMissingAppID // nothing but the id is new in it
	}
	by := both.forLayout(form)
	n, err := by.Notification(form)
	if err != nil && v.any.AllowSHA1 && !bytes.Contains(form, []byte("sign_type=")) {
		if again, failed := by.Notification(append(bytes.Clone(form), "&sign_type=RSA"...)); failed == nil {
			n, err = again, nil
		}
	}
	var refusal *notify.Refusal
	if errors.As(err, &refusal) {
		return nil, refusal.Reason
	}
	return n, ""
}
