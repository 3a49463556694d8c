// Package telemetry is what Miniflow says about itself: logs through log/slog and
// metrics through Prometheus, the Temporal SDK's among them.
//
// It promises that whatever is handed to a logger made here, no secret and no
// control character leaves it: values under names that mean a secret, sealed
// values, private keys and telephone numbers are replaced, line breaks and
// terminal escapes are written out. That is the last net, not the first: the
// types that hold secrets redact themselves, and messages are not built from what
// strangers send.
package telemetry
