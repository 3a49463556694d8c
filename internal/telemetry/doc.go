// Package telemetry makes the logs and metrics of Miniflow: logs through log/slog and metrics
// through Prometheus, the Temporal SDK's among them.
//
// It promises that no secret and no control character leaves a logger made here, whatever it
// is given: values under names that mean a secret, sealed values, private keys and telephone
// numbers are replaced, line breaks and terminal escapes are written out. This is the last
// line of defence, not the first: the types that hold secrets redact themselves, and messages
// are not built from what strangers send.
package telemetry
