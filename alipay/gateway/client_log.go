package gateway

import (
	"context"
	"log/slog"

	"miniflow/alipay"
)

// LogExchanges is an Observe that writes one line about every call: its method,
// its trace_id, which is what Alipay's support asks for, the HTTP status and the
// time it took. Failures are warnings, writes are information, and questions,
// which are most of all calls, are for debugging. Nothing of what was sent or
// answered is written beyond what an [Error] says.
func LogExchanges(log *slog.Logger) func(context.Context, Exchange) {
	return func(ctx context.Context, e Exchange) {
		level, text := slog.LevelInfo, "called Alipay"
		attributes := []slog.Attr{
			slog.String("method", e.Method), slog.String("trace_id", e.TraceID),
			slog.Int("status", e.Status), slog.Duration("duration", e.Duration),
		}
		switch {
		case e.Err != nil:
			level, text = slog.LevelWarn, "a call to Alipay failed"
			attributes = append(attributes, slog.String("class", ClassOf(e.Err).String()), slog.String("error", e.Err.Error()))
		case alipay.ReadsOnly(e.Method):
			level = slog.LevelDebug
		}
		log.LogAttrs(ctx, level, text, attributes...)
	}
}
