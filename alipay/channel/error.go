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

// Step is a part of a connection's life.
type Step string

// The steps, in their order.
const (
	StepRegister  Step = "register"  // GET /websocket/register.do, for a link_token
	StepHandshake Step = "handshake" // GET /websocket, upgraded
	StepLink      Step = "link"      // the open connection
)

// Steps lists every step.
func Steps() []Step { return []Step{StepRegister, StepHandshake, StepLink} }

// Cause is the class of what ended a connection or an attempt to make one.
type Cause string

// The causes.
const (
	CauseUnreachable Cause = "unreachable" // no connection, or TLS did not hold
	CauseTimeout     Cause = "timeout"     // the step took too long
	CauseRefused     Cause = "refused"     // a failure code, or an HTTP status that is none of success
	CauseForged      Cause = "forged"      // a register answer that Alipay has not signed
	CauseMalformed   Cause = "malformed"   // an answer that the protocol does not know
	CauseClosed      Cause = "closed"      // the other side said goodbye
	CauseLost        Cause = "lost"        // the connection broke, or broke the rules of WebSocket
	CauseSilent      Cause = "silent"      // no pong came any more
	CauseIdle        Cause = "idle"        // no frame came for so long that a fresh connection was due
	CauseTooLarge    Cause = "too_large"   // a frame above ReadLimit
	CauseStopped     Cause = "stopped"     // we were told to stop
)

// Causes lists every cause.
func Causes() []Cause {
	return []Cause{CauseUnreachable, CauseTimeout, CauseRefused, CauseForged, CauseMalformed,
		CauseClosed, CauseLost, CauseSilent, CauseIdle, CauseTooLarge, CauseStopped}
}

// hint says what a person at our end should look at.
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

// Error says why a connection ended or was not made. Its text holds neither the
// address with its signed parameters nor anything the other side wrote, save
// failure codes in a safe alphabet and the names in a certificate that does not
// hold.
type Error struct {
	Step   Step
	Cause  Cause
	Code   string // Alipay's code and sub_code, or the WebSocket close code; may be empty
	Status int    // HTTP status, or 0
	err    error
}

// Error says what happened where and what to do.
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

// Unwrap gives what was underneath, without the address.
func (e *Error) Unwrap() error { return e.err }

// Is matches an error of the same step and cause.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Step == e.Step && other.Cause == e.Cause
}

// unreached makes the error of a request that got no answer. The error of an
// HTTP client holds the whole address, with link_token and signature; only what
// is underneath is kept.
func unreached(step Step, err error) *Error {
	var withAddress *url.Error
	if errors.As(err, &withAddress) {
		err = withAddress.Err
	}
	var network net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout() {
		return &Error{Step: step, Cause: CauseTimeout, err: context.DeadlineExceeded}
	}
	if !speaksOfUs(err) {
		err = errNoAnswer
	}
	return &Error{Step: step, Cause: CauseUnreachable, err: err}
}

var errNoAnswer = errors.New("the connection was made, but no answer of HTTP came over it")

// speaksOfUs tells whether an error is about making the connection. Others may
// quote what was read, up to the last byte of it.
func speaksOfUs(err error) bool {
	var network *net.OpError
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &network) || errors.As(err, &name) || errors.As(err, &certificate)
}
