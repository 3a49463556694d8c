package activities_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"miniflow/activities"
	"miniflow/alipay"
	"miniflow/order"
)

// purse gives tokens: the one in memory, and the one that is current.
type purse struct {
	kept, current string
	err           error
}

func live(token string) activities.LiveToken {
	return activities.LiveToken{Secret: alipay.Secret(token), Fingerprint: "f-" + token}
}

func (p *purse) Token(context.Context, string, string) (activities.LiveToken, error) {
	return live(p.kept), p.err
}

func (p *purse) Fresh(context.Context, string, string) (activities.LiveToken, error) {
	return live(p.current), p.err
}

// clearRing opens everything as it is, but what was sealed for another place.
type clearRing struct{}

func (clearRing) Open(sealed order.Sealed, place ...string) ([]byte, error) {
	if string(sealed) == "lost" || len(place) != 2 || place[0] != appID {
		return nil, fmt.Errorf("no key opens a value for %v", place)
	}
	return []byte(string(sealed)), nil
}

// shelf holds files by their address, and those that were handed in by their app and hash.
type shelf map[string]string

func (s shelf) Fetch(_ context.Context, app string, ref order.FileRef) ([]byte, error) {
	content, ok := s[ref.URL]
	if ref.URL == "" {
		content, ok = s[app+"/"+ref.SHA256]
	}
	switch {
	case !ok:
		return nil, errors.Join(activities.ErrFileUnusable, errors.New("404"))
	case content == "":
		return nil, errors.New("the connection was reset")
	}
	return []byte(content), nil
}

// bench is a testEnv whose activities call an fakeAlipay.
type bench struct {
	*testEnv
	fakeAlipay *fakeAlipay
	purse      *purse
	files      shelf
	ledger     *ledger
	now        time.Time
}

func newBench(t testing.TB) *bench {
	b := &bench{fakeAlipay: newFakeAlipay(), purse: &purse{kept: "T1", current: "T1"}, files: shelf{}, ledger: &ledger{}, now: noon}
	b.testEnv = b.another(t)
	return b
}

// another is a second worker for the same work.
func (b *bench) another(t testing.TB) *testEnv { return newTestEnv(t, b.activities().Register) }

// activities are those of one worker.
func (b *bench) activities() *activities.Alipay {
	return &activities.Alipay{
		Gateways: map[string]activities.Gateway{appID: b.fakeAlipay}, Tokens: b.purse, Ring: clearRing{}, Files: b.files,
		Numbers: b.ledger, Now: func() time.Time { return b.now },
	}
}

// noon is the moment at which a bench's activities look.
var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// ledger keeps reservations as a MiniProgram does: the first of a number stands.
type ledger struct {
	kept []order.VersionReservation
	// meanwhile is another's, kept right before the next Reserve.
	meanwhile []order.VersionReservation
	err       error
	// looks counts how often all were asked for.
	looks int
	// reserved is called with each new one.
	reserved func(order.VersionReservation)
}

func (l *ledger) Reserve(_ context.Context, _, _ string, wanted order.VersionReservation) (order.VersionReservation, error) {
	l.kept, l.meanwhile = append(l.kept, l.meanwhile...), nil
	if l.err != nil {
		return order.VersionReservation{}, l.err
	}
	for _, one := range l.kept {
		if one.Names(wanted.AppVersion, wanted.BundleID) {
			return one, nil
		}
	}
	l.kept = append(l.kept, wanted)
	if l.reserved != nil {
		l.reserved(wanted)
	}
	return wanted, nil
}

func (l *ledger) Reserved(context.Context, string, string) ([]order.VersionReservation, error) {
	l.looks++
	return slices.Clone(l.kept), l.err
}
