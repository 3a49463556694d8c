package activities

import (
	"errors"

	"go.temporal.io/sdk/temporal"
)

// FailureClass says what a refusal by Alipay asks of us.
type FailureClass string

const (
	// FailureWait : a condition has to be met first; the same call works later.
	FailureWait FailureClass = "wait"
	// FailureFix : a person has to correct the input.
	FailureFix FailureClass = "fix"
	// FailureAuthorization : the token was refused, or there is none.
	FailureAuthorization FailureClass = "authorization"
	// FailurePermanent : a person has to look.
	FailurePermanent FailureClass = "permanent"
)

// FailureClasses lists every class that reaches a workflow. What can be tried
// again, and what can be settled by a question, stays inside the activities.
func FailureClasses() []FailureClass {
	return []FailureClass{FailureWait, FailureFix, FailureAuthorization, FailurePermanent}
}

// Failure is a refusal by Alipay as a workflow sees it. It holds nothing that
// was sent.
type Failure struct {
	Class FailureClass `json:"class"`
	// Code is Alipay's sub_code, or its code where there is none; CodeNotSent where
	// Alipay was not asked.
	Code    string `json:"code"`
	Message string `json:"message"`
	// TraceID identifies the call for Alipay's support; empty where no answer came.
	TraceID string `json:"trace_id,omitempty"`
	// Fingerprint is of the token that was refused, in class authorization.
	Fingerprint string `json:"fingerprint,omitempty"`
	// Fields are the request's fields to correct, such as submission.files.app_logo.
	Fields []string `json:"fields,omitempty"`
	// Drop is the parameter without which the same call is accepted.
	Drop string `json:"drop,omitempty"`
	// HigherVersion is set when only a higher version number is accepted.
	HigherVersion bool `json:"higher_version,omitempty"`
	// NeedsCertification is set when a trial mini program may not do this yet.
	NeedsCertification bool `json:"needs_certification,omitempty"`
}

// CodeNotSent is the code of what breaks a rule that is known here: Alipay would
// have refused it.
const CodeNotSent = "NOT_SENT"

// Error is a sentence for the Temporal UI and the log, with the id by which
// Alipay's support finds the call.
func (f *Failure) Error() string {
	text := f.Code + ": " + f.Message
	if f.TraceID != "" {
		text += " [trace " + f.TraceID + "]"
	}
	return text
}

// failed turns a refusal into the error that ends an activity.
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
	return &Failure{Class: FailurePermanent, Code: code, Message: err.Error()}
}
