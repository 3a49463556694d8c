package notify

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"miniflow/alipay"
	"miniflow/alipay/keys"
)

// App is one application whose messages are accepted: a third-party app, or a merchant's own
// app. Each has its own keys, because Alipay issues them by app.
type App struct {
	// ID is the app_id, by which a message chooses the keys that decide about it.
	ID string

	// AlipayKeys are the keys that Alipay signs with for this app now: one, or several during
	// a rotation so that no message is lost, at most [alipay.MaxKeys]. They are of one
	// algorithm, which is the one that messages are accepted under.
	AlipayKeys []keys.AlipayKey

	// FormerKeys are those that Alipay signed with before the app's signing method (接口加签方式) was
	// changed, all of the other algorithm; nil when it was not, or long ago. Messages over HTTP may
	// still come under them. Whoever makes the verifier decides until when.
	FormerKeys []keys.AlipayKey

	// ApplicationKey is the app's own public key, or nil. It verifies nothing but is needed
	// to detect that it was configured as Alipay's, because that is the commonest mistake.
	ApplicationKey keys.PublicKey

	// AllowSHA1 accepts sign_type RSA in addition to RSA2, and keys under
	// [alipay.MinKeyBits], for apps that still have both. It is an opt-in because SHA-1 is
	// broken. It means nothing to an app of SM2.
	AllowSHA1 bool

	// AESKey decrypts contents (16, 24 or 32 bytes), nil when content encryption is off in
	// the console, because a message then has no use for it. See [keys.ParseAESKey].
	AESKey []byte
}

// Errors of [NewVerifier], in addition to [keys.ErrApplicationKey], distinct because each has
// its own remedy.
var (
	ErrNoApps     = errors.New("no app is configured: name at least one app_id with Alipay's public key or certificate")
	ErrNoAppID    = errors.New("an app has no app_id: take it from the console")
	ErrTwice      = errors.New("this app_id is configured twice: give its keys in one place")
	ErrNoKeys     = errors.New("the app has no key of Alipay: configure Alipay's public key or certificate of this app")
	ErrKeyCount   = errors.New("the app has too many live keys of Alipay: take out those that Alipay has stopped using")
	ErrFormerKeys = errors.New("a former key is of the app's present algorithm: list it among the present ones")
	ErrShortKey   = errors.New("a key of Alipay is shorter than RSA2 allows: allow SHA-1 for this app, or renew the key")
)

// Verifier checks messages against the keys of a fixed set of apps and is the only source of
// a [Notification]. It is safe for concurrent use. It has no clock, store or network, so that
// a result depends on the message alone. Changed keys need a new Verifier.
type Verifier struct {
	apps map[string]*keyRing
}

type keyRing struct {
	App
	live []keys.AlipayKey // see App.Live
	// lastRule is the rule that matched last. Trying it first saves most of the failing
	// checks. It can't change a result, because a signature belongs to one text.
	lastRule atomic.Pointer[Rule]
}

// NewVerifier checks the configuration of every app, so that a wrong key fails at start and
// not at the first message. The error names the app and wraps one of the errors above.
func NewVerifier(apps []App) (*Verifier, error) {
	if len(apps) == 0 {
		return nil, ErrNoApps
	}
	v := &Verifier{apps: make(map[string]*keyRing, len(apps))}
	for _, app := range apps {
		if err := app.check(); err != nil {
			return nil, fmt.Errorf("app %q: %w", app.ID, err)
		}
		if v.apps[app.ID] != nil {
			return nil, fmt.Errorf("app %q: %w", app.ID, ErrTwice)
		}
		v.apps[app.ID] = &keyRing{App: app, live: app.Live()}
	}
	return v, nil
}

// check finds what is wrong before any message arrives, because an operator still reads the
// error then.
func (a *App) check() error {
	switch {
	case a.ID == "":
		return ErrNoAppID
	case len(a.AlipayKeys) == 0:
		return ErrNoKeys
	case len(a.AlipayKeys) > alipay.MaxKeys, len(a.FormerKeys) > alipay.MaxKeys:
		return ErrKeyCount
	}
	for _, key := range a.FormerKeys {
		if err := a.checkFormer(key.Public); err != nil {
			return err
		}
	}
	for _, key := range a.AlipayKeys {
		switch {
		case key.Public == nil:
			return ErrNoKeys
		case keys.SamePublicKey(key.Public, a.ApplicationKey):
			return keys.ErrApplicationKey
		case keys.SignTypeOf(key.Public) != a.signType():
			return keys.ErrMixedKeys
		case a.signType() == keys.RSA2 && keys.Bits(key.Public) < alipay.MinKeyBits && !a.AllowSHA1:
			return ErrShortKey
		}
	}
	switch len(a.AESKey) {
	case 0, 16, 24, 32:
		return nil
	default:
		return keys.ErrAESKey
	}
}

// checkFormer refuses also what SHA-1 alone would have a use for: a change of method is no reason to
// accept that.
func (a *App) checkFormer(key keys.PublicKey) error {
	switch own := keys.SignTypeOf(key); {
	case own == "":
		return ErrNoKeys
	case own == a.signType():
		return ErrFormerKeys
	case own == keys.RSA2 && keys.Bits(key) < alipay.MinKeyBits:
		return ErrShortKey
	}
	return nil
}

// Live returns the keys that a message may be signed with, the present ones first. The number in
// [Notification.Key] is a place in it.
func (a *App) Live() []keys.AlipayKey { return slices.Concat(a.AlipayKeys, a.FormerKeys) }

// signType is what Alipay signs messages for this app with: the keys decide, and check has made
// sure that they agree.
func (a *App) signType() keys.SignType { return keys.SignTypeOf(a.AlipayKeys[0].Public) }

// accepts reports whether messages may be signed with an algorithm: the app's own, or its former one
// while there are keys of it. The configuration decides and a message may only agree, because under
// one rule sign_type isn't even signed: SM2 is no way out of RSA2, nor the other way round.
func (a *App) accepts(t keys.SignType) bool {
	return a.signs(t) || len(a.FormerKeys) > 0 && t == keys.SignTypeOf(a.FormerKeys[0].Public)
}

// signs reports whether an algorithm is the app's own now. Frames have no other, because Alipay signs
// them as the connection has registered.
func (a *App) signs(t keys.SignType) bool {
	return t == a.signType() || t == keys.RSA && a.AllowSHA1 && a.signType() == keys.RSA2
}

// order returns the indices of the app's keys with the key of the named certificate first, so
// that fewer checks fail. Known reports whether there is such a certificate; without a
// number, it is true.
func (r *keyRing) order(certSN string) (indices []int, known bool) {
	indices = make([]int, 0, len(r.live))
	known = certSN == ""
	for i, key := range r.live {
		if certSN != "" && key.CertSN == certSN {
			known = true
			indices = append([]int{i}, indices...)
			continue
		}
		indices = append(indices, i)
	}
	return indices, known
}
