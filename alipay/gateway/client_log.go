package gateway

import (
	"context"
	"log/slog"

	"miniflow/alipay"
)

// LogExchanges returns an Observe that writes one line for every call: its method, its
// trace_id (which Alipay's support asks for), the HTTP status and the duration. Failures are
// warnings, writes are information, and queries, which are most calls, are for debugging.
// Nothing of the request or the answer is written beyond the text of an [Error].
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
