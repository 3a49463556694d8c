package door

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"

	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
	"miniflow/order"
)

// GatewayKey is what the answer to the console's gateway check of one app needs: the console
// accepts a URL only after its holder has signed.
type GatewayKey struct {
	// Private signs the answer, because the check is about who holds this key.
	Private keys.PrivateKey
	// CertSN is the serial number of the application's certificate, empty in key mode,
	// because Alipay then knows the bare key.
	CertSN string
}

// Config is what a [Door] needs. The Intake is shared with the long connections, because its
// limits are for both ways together.
type Config struct {
	// Verifier knows the apps and Alipay's keys at the start. [Door.Trust] replaces it,
	// because a certificate may be fetched later.
	Verifier *notify.Verifier
	Intake   *Intake
	// GatewayKeys are by app id. A check of an app without one is kept like any other
	// message, with an error in the log.
	GatewayKeys map[string]GatewayKey
	Metrics     *Metrics
	Log         *slog.Logger
	Now         func() time.Time
}

// Door is the application gateway URL (应用网关): one http.Handler for every message of every
// configured app, because the console accepts one URL for each app and the message names its
// app. Serve it from [ingress.NewServer], which bounds slow clients.
type Door struct {
	config Config
	trust  atomic.Pointer[trust]
	large  chan struct{}
	// senders are those of HTTP alone: a long connection is ours, to Alipay.
	senders *senders
}

type trust struct {
	verifier *notify.Verifier
	memory   *memory
}

// New returns a door that trusts the configured verifier until [Door.Trust] replaces it, with
// nothing remembered: a start forgets what came before.
func New(config Config) *Door {
	d := &Door{config: config, large: make(chan struct{}, LargeBodies), senders: newSenders(config.Now)}
	d.Trust(config.Verifier)
	return d
}

// Trust replaces apps and keys, from the next request on. Accepted bodies are forgotten with
// the old keys, because a removed key must not vouch for anything.
func (d *Door) Trust(verifier *notify.Verifier) {
	d.trust.Store(&trust{verifier: verifier, memory: newMemory(MemorySize, MemoryFor)})
}

// repeated counts and logs a body that came again like any other message, so that the metrics
// agree with Alipay's record.
func (d *Door) repeated(ctx context.Context, known recollection, began time.Time) {
	took := d.config.Now().Sub(began)
	d.config.Metrics.accepted.WithLabelValues(string(ChannelHTTP), string(order.DispositionDuplicate)).Inc()
	d.config.Metrics.took(outcomeRepeated, took)
	d.config.Log.LogAttrs(ctx, slog.LevelInfo, "notification repeated",
		slog.String(keyAppID, known.key.AppID), slog.String(keyNotifyID, known.key.NotifyID),
		slog.String(keyName, word(known.name)), slog.String(keyChannel, string(ChannelHTTP)),
		slog.String(keyDisposition, string(order.DispositionDuplicate)), slog.Duration(keyDuration, took))
	d.config.Intake.config.Arrivals.add(order.Arrival{
		At: d.config.Now(), AppID: known.key.AppID, NotifyID: order.PlainID(known.key.NotifyID), Name: word(known.name), Channel: string(ChannelHTTP),
		Disposition: order.DispositionDuplicate, Duration: took.Seconds(),
	})
}

func (d *Door) refuse(ctx context.Context, err error, began time.Time) answer {
	return refused(d.config.Intake.Refused(ctx, err, ChannelHTTP, d.config.Now().Sub(began)))
}

// answerGatewayCheck proves to the console that this URL belongs to the holder of the
// application's private key. It returns false where that key is missing, so that the message
// is kept.
func (d *Door) answerGatewayCheck(ctx context.Context, n *notify.Notification) (answer, bool) {
	key, found := d.config.GatewayKeys[n.AppID]
	err := errors.New("no private key is configured for this app: give it one, then start the check again in the console")
	if found {
		var contentType string
		var body []byte
		if contentType, body, err = notify.GatewayCheckAnswer(n, key.Private, key.CertSN); err == nil {
			d.config.Metrics.verifications.Add(float64(n.Verifications))
			d.config.Log.LogAttrs(ctx, slog.LevelInfo, "gateway check answered", slog.String(keyAppID, n.AppID))
			return answer{status: http.StatusOK, contentType: contentType, body: body}, true
		}
	}
	d.config.Log.LogAttrs(ctx, slog.LevelError, "gateway check can't be answered",
		slog.String(keyAppID, n.AppID), slog.Any(keyError, err))
	return answer{}, false
}

// recoverPanic answers `fail` after a panic, so that Alipay sends the message again. The
// panic's value is left out, because it may contain parts of the message; the stack shows
// where to look.
func (d *Door) recoverPanic(w http.ResponseWriter, r *http.Request) {
	value := recover()
	if value == nil {
		return
	}
	if err, ok := value.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(value)
	}
	d.config.Log.LogAttrs(r.Context(), slog.LevelError, "panic at the door",
		slog.String("type", fmt.Sprintf("%T", value)), slog.String("stack", string(debug.Stack())))
	d.refuse(r.Context(), &notify.Refusal{Reason: ReasonPanic}, d.config.Now()).write(w)
}
