package door

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"miniflow/alipay/notify"
	"miniflow/order"
)

// Keys of the log records about notifications, named once so that a search finds every
// record. A record has ids, names and outcomes, but nothing of a message's content.
const (
	keyAppID       = "app_id"
	keyNotifyID    = "notify_id"
	keyName        = "name"
	keyChannel     = "channel"
	keyDisposition = "disposition"
	keyRule        = "rule"
	keyKeyIndex    = "key_index"
	keyChecks      = "verifications"
	keyDuration    = "duration"
	keyLag         = "lag"
	keyReason      = "reason"
	keyHint        = "hint"
	keySuppressed  = "suppressed"
	keyCause       = "cause"
	keyError       = "error"
	keyRepaired    = "repaired"
)

// cause is why a verified notification was not accepted. It is an enum, so that the metric
// stays bounded.
type cause string

const (
	causeBusy    cause = "busy"
	causeTimeout cause = "timeout"
	causeError   cause = "error"
)

func causes() []cause { return []cause{causeBusy, causeTimeout, causeError} }

func causeOf(err error) cause {
	switch {
	case errors.Is(err, ErrBusy):
		return causeBusy
	case errors.Is(err, context.DeadlineExceeded):
		return causeTimeout
	default:
		return causeError
	}
}

// record writes the one line of a notification and counts it, in one place so that log and
// metrics agree.
func (in *Intake) record(ctx context.Context, n *notify.Notification, channel Channel,
	disposition order.Disposition, err error, began time.Time) {
	now := in.config.Now()
	attributes := []slog.Attr{
		slog.String(keyAppID, n.AppID), slog.String(keyNotifyID, n.NotifyID), slog.String(keyName, word(n.Name)),
		slog.String(keyChannel, string(channel)),
		slog.String(keyRule, n.Rule.String()), slog.Int(keyKeyIndex, n.Key), slog.Int(keyChecks, n.Verifications),
		slog.Duration(keyDuration, now.Sub(began)),
	}
	if !n.SentAt.IsZero() {
		lag := now.Sub(n.SentAt)
		in.config.Metrics.lag.WithLabelValues(string(channel)).Set(lag.Seconds())
		attributes = append(attributes, slog.Duration(keyLag, lag))
	}
	if len(n.Repairs) > 0 {
		attributes = append(attributes, slog.String(keyRepaired, n.Repaired()))
	}
	if err != nil {
		why := causeOf(err)
		in.config.Metrics.unaccepted.WithLabelValues(string(channel), string(why)).Inc()
		in.config.Metrics.took(outcomeUnaccepted, now.Sub(began))
		in.config.Log.LogAttrs(ctx, slog.LevelError, "notification not accepted",
			append(attributes, slog.String(keyCause, string(why)), slog.Any(keyError, err))...)
		return
	}
	in.config.Metrics.accepted.WithLabelValues(string(channel), string(disposition)).Inc()
	in.config.Metrics.took(outcomeAccepted, now.Sub(began))
	in.config.Log.LogAttrs(ctx, alarm(disposition), "notification accepted",
		append(attributes, slog.String(keyDisposition, string(disposition)))...)
}

// alarm returns the log level of a disposition. One that a person should look at is above
// info, so that an alert can be built on levels.
func alarm(disposition order.Disposition) slog.Level {
	switch disposition {
	case order.DispositionConflict:
		return slog.LevelError // the sender's ids can't be trusted
	case order.DispositionDead, order.DispositionStale:
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}

// refusalLog writes refusals up to a rate and counts the rest, because strangers must not be
// able to fill a disk.
type refusalLog struct {
	log     *slog.Logger
	limiter *rate.Limiter

	mu         sync.Mutex
	suppressed int
}

func newRefusalLog(log *slog.Logger) *refusalLog {
	return &refusalLog{log: log, limiter: rate.NewLimiter(refusalLines, refusalBurst)}
}

// write reports whether it has written a line.
func (l *refusalLog) write(ctx context.Context, refusal *notify.Refusal, channel Channel, took time.Duration, now time.Time) (written bool) {
	l.mu.Lock()
	if !l.limiter.AllowN(now, 1) {
		l.suppressed++
		l.mu.Unlock()
		return false
	}
	suppressed := l.suppressed
	l.suppressed = 0
	l.mu.Unlock()
	l.log.LogAttrs(ctx, slog.LevelWarn, "notification refused",
		slog.String(keyReason, string(refusal.Reason)), slog.String(keyHint, hintOf(refusal.Reason)), slog.String(keyAppID, refusal.AppID),
		slog.String(keyChannel, string(channel)), slog.Int(keyChecks, refusal.Verifications),
		slog.Duration(keyDuration, took), slog.Int(keySuppressed, suppressed))
	return true
}
