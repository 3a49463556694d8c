package activities

import (
	"errors"

	"go.temporal.io/sdk/temporal"

	"miniflow/words"
)

// FailureClass says what a refusal by Alipay asks of us. It is the type of the error in Temporal,
// so that a history shows it.
type FailureClass string

const (
	// FailureUnknown means that nobody knows what became of the call, or that nothing came of it
	// and the same call may work: it is made again after a pause, and asks first.
	FailureUnknown FailureClass = "unknown"
	// FailureReset means that the act belongs to a run that an operator has reset. Nothing was
	// done, since the run before may have done it.
	FailureReset FailureClass = "reset"
	// FailureObserving means that another system acts for the app. Nothing was done, and the order
	// follows what the other system does.
	FailureObserving FailureClass = "observing"
	// FailureWait means that a condition has to be met first, such as another version's audit; the
	// same call works later.
	FailureWait FailureClass = "wait"
	// FailureFix means that a person has to correct the input; the same call would be refused the
	// same way.
	FailureFix FailureClass = "fix"
	// FailureAuthorization means that the token was refused, or that there was not one. Whether the
	// token is dead, its mini program finds out.
	FailureAuthorization FailureClass = "authorization"
	// FailurePermanent means that a person has to look: neither time nor other input is known to
	// help.
	FailurePermanent FailureClass = "permanent"
)

// FailureClasses lists every class that reaches a workflow. An act is one call: the
// pause before the next is the order's, which knows what has changed meanwhile. A
// question that gets no answer is asked again inside its activity.
func FailureClasses() []FailureClass {
	return []FailureClass{FailureUnknown, FailureReset, FailureObserving, FailureWait, FailureFix, FailureAuthorization, FailurePermanent}
}

// Failure is a refusal by Alipay as a workflow sees it. It holds nothing that
// was sent.
type Failure struct {
	Class FailureClass `json:"class"`
	// Code is Alipay's sub_code, or its code where there is none; CodeNotSent where
	// Alipay was not asked.
	Code    string     `json:"code"`
	Message words.Text `json:"message"`
	TraceID string     `json:"trace_id,omitempty"`
	// Fingerprint is of the token that was refused, in class authorization: a refusal of a token
	// that has been replaced is no news.
	Fingerprint string `json:"fingerprint,omitempty"`
	// Fields are the request's fields to correct, such as submission.files.app_logo, so that a form
	// can mark them.
	Fields []string `json:"fields,omitempty"`
	// Drops are the parameters without some of which the same call is accepted: names are frozen
	// once a version has been online.
	Drops []string `json:"drops,omitempty"`
	// HigherVersion is set when only a higher version number is accepted; Miniflow takes one where
	// it chose the number.
	HigherVersion bool `json:"higher_version,omitempty"`
	// NeedsCertification is set when a trial mini program may not do this yet, which only its
	// merchant can change.
	NeedsCertification bool `json:"needs_certification,omitempty"`
	// NeedsFiling is set when a version without an ICP filing may go online in Alipay's limited
	// form only.
	NeedsFiling bool `json:"needs_filing,omitempty"`
	Taken       bool `json:"taken,omitempty"`
	// Number is the version number that was recorded for the order before the call was refused.
	Number string `json:"number,omitempty"`
	// Above is set when every number up to it is taken, so that the next look begins there.
	Above string `json:"above,omitempty"`
	// Ask is set when Alipay's own state decides what the refusal means: the act may have been done
	// by an earlier try.
	Ask bool `json:"ask,omitempty"`
	// Decided is set when the method itself refused the call: what it was to do has not
	// been done. A refusal of the gateway's, or of ours, says nothing of an earlier try.
	Decided bool `json:"decided,omitempty"`
	// Absent is set when Alipay knows no such version: it was deleted in the console, or its build
	// is not shown yet.
	Absent bool `json:"absent,omitempty"`
	// Traceless is set, in class unknown, when a question showed that nothing was done:
	// trouble passes, a contradiction does not.
	Traceless bool `json:"traceless,omitempty"`
	// Slow asks for a long pause: Alipay's limit is one for the whole application.
	Slow bool `json:"slow,omitempty"`
	// Tomorrow asks for a pause until Alipay's next day: what it counts by the day is used up.
	Tomorrow bool `json:"tomorrow,omitempty"`
	// Run is the run that the activity belongs to, in class reset: the order goes on under it.
	Run Run `json:"run,omitempty"`
}

// CodeNoAnswer is the code of a call that did not come to an answer of Alipay's, so that nobody
// knows whether it was done.
const CodeNoAnswer = "NO_ANSWER"

// CodeOrphaned is the code of a call that needed the MiniProgram, which does not run any more: the
// order claims it again.
const CodeOrphaned = "MINI_PROGRAM_GONE"

// CodeNumbersTaken is the code of a look for a version number that found none free. Each look is
// bounded, so the next begins above it.
const CodeNumbersTaken = "VERSION_NUMBERS_TAKEN"

// CodeReset is the code of an act that was scheduled again by a reset, and is not done twice.
const CodeReset = "RESET"

// CodeNotSent is the code of what breaks a rule that is known here: Alipay would
// have refused it.
const CodeNotSent = "NOT_SENT"

// Error is a sentence for the Temporal UI and the log, with the id by which
// Alipay's support finds the call.
func (f *Failure) Error() string {
	text := f.Code + ": " + f.Message.String()
	if f.TraceID != "" {
		text += " [trace " + f.TraceID + "]"
	}
	return text
}

// failed turns a refusal into the error that ends an activity. It is not retried: the order
// decides, which knows what people want by now.
func failed(f *Failure) error {
	return temporal.NewApplicationErrorWithOptions(f.Error(), string(f.Class), temporal.ApplicationErrorOptions{
		NonRetryable: true,
		Details:      []any{*f},
	})
}

// FailureOf finds the refusal in an error that an activity ended with. Any other
// error is a permanent failure of our own, for a person to look at.
func FailureOf(err error) *Failure {
	var application *temporal.ApplicationError
	if errors.As(err, &application) && application.HasDetails() {
		failure := &Failure{}
		if application.Details(failure) == nil && failure.Class != "" {
			return failure
		}
	}
	code := "INTERNAL"
	if application != nil && application.Type() != "" {
		code = application.Type()
	}
	return &Failure{Class: FailurePermanent, Code: code, Message: words.OfError(err)}
}
