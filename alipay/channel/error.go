package channel

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Step is a part of a connection's life. Errors name it, because each step fails for
// different reasons.
type Step string

// The steps, in their order. They are apart because each fails for other reasons.
const (
	StepRegister  Step = "register"
	StepHandshake Step = "handshake"
	StepLink      Step = "link"
)

// Steps returns every step, so that a test reads the text of each beside every cause.
func Steps() []Step { return []Step{StepRegister, StepHandshake, StepLink} }

// Cause is the class of the reason why a connection ended. It is an enum, so that metrics
// stay bounded.
type Cause string

// The causes, coarse enough that each has one piece of advice, see hint, so that an operator
// needs no table.
const (
	CauseUnreachable Cause = "unreachable"
	CauseTimeout     Cause = "timeout"
	CauseRefused     Cause = "refused"
	CauseForged      Cause = "forged" // a register answer that Alipay has not signed
	CauseMalformed   Cause = "malformed"
	CauseClosed      Cause = "closed"
	CauseLost        Cause = "lost"
	CauseSilent      Cause = "silent"
	CauseIdle        Cause = "idle"
	CauseTooLarge    Cause = "too_large"
	CauseStopped     Cause = "stopped"
)

// Causes returns every cause, so that a test finds two that operators could not keep apart.
func Causes() []Cause {
	return []Cause{CauseUnreachable, CauseTimeout, CauseRefused, CauseForged, CauseMalformed,
		CauseClosed, CauseLost, CauseSilent, CauseIdle, CauseTooLarge, CauseStopped}
}

func (c Cause) hint() string {
	switch c {
	case CauseUnreachable:
		return "check the address, the way out through firewall and proxy, and the roots of trust"
	case CauseTimeout:
		return "check the network; the client tries again"
	case CauseRefused:
		return "check app_id, the application's private key (its public half has to be in the console) and that the long connection is chosen there"
	case CauseForged:
		return "check that Alipay's public key or certificate of this app is configured, not the application's own, and what stands in between"
	case CauseMalformed:
		return "check that the address is the one of Alipay's open channel, and what stands in between"
	case CauseTooLarge:
		return "raise ReadLimit if the message is genuine"
	case CauseClosed, CauseLost, CauseSilent, CauseIdle:
		return "the client connects again, and Alipay sends again what was not acknowledged"
	default:
		return "nothing to do"
	}
}

// Error is why a connection ended or was not made. It is safe to log, because its text
// contains neither the address with its signed parameters nor anything that the other side
// wrote, except failure codes in a safe alphabet and the names in a certificate that is not
// trusted.
type Error struct {
	Step   Step
	Cause  Cause
	Code   string // Alipay's code and sub_code, or the WebSocket close code; may be empty
	Status int
	err    error
}

// Error returns what happened, where, and what to do, because operators see only this line.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "long connection, %s: %s", e.Step, e.Cause)
	if e.Code != "" {
		b.WriteString(" (code " + e.Code + ")")
	}
	if e.Status != 0 {
		b.WriteString(" (HTTP status " + strconv.Itoa(e.Status) + ")")
	}
	if e.err != nil {
		b.WriteString(": " + e.err.Error())
	}
	b.WriteString("; " + e.Cause.hint())
	return b.String()
}

// Unwrap returns the cause, from which the address has been removed because it is signed.
func (e *Error) Unwrap() error { return e.err }

// Is matches an error of the same step and cause, so that tests compare with errors.Is.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Step == e.Step && other.Cause == e.Cause
}

// unreached returns the error of a request without an answer. The error of an HTTP client
// contains the whole address, with link_token and signature, so only what it wraps is kept.
func unreached(step Step, err error) *Error {
	var withAddress *url.Error
	if errors.As(err, &withAddress) {
		err = withAddress.Err
	}
	var network net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout() {
		return &Error{Step: step, Cause: CauseTimeout, err: context.DeadlineExceeded}
	}
	if !isAboutConnecting(err) {
		err = errNoAnswer
	}
	return &Error{Step: step, Cause: CauseUnreachable, err: err}
}

var errNoAnswer = errors.New("the connection was made, but no answer of HTTP came over it")

// isAboutConnecting reports whether an error is about making the connection. Only those are
// shown, because other errors may quote what was read, up to the last byte of it.
func isAboutConnecting(err error) bool {
	var network *net.OpError
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &network) || errors.As(err, &name) || errors.As(err, &certificate)
}
