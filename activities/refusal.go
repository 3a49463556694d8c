package activities

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/words"
)

// Types of the errors that an activity is tried again after. They show in the
// Temporal UI on a pending activity.
const (
	// TypeWaiting means that Alipay answered, and the answer is still a wait.
	TypeWaiting = "waiting"
)

// Pauses after Alipay's own limit on calls (40005), which is one for the whole
// application: they double from the first to the last and are spread over as much
// again, so that the orders which met the limit together do not come back together.
const (
	busyFirst = 30 * time.Second
	busyLast  = 150 * time.Second
)

// BusyPause is the pause after the given number of tries that met Alipay's limit on
// calls. What spreads it is the name of what waits and not chance, so that a try can
// be foretold and a workflow can pause by it.
func BusyPause(name string, tried int) time.Duration {
	delay := busyFirst
	for ; tried > 1 && delay < busyLast; tried-- {
		delay *= 2
	}
	return Spread(fmt.Sprint(name, "/", tried), min(delay, busyLast))
}

// Spread lengthens a pause by up to as much again, by the name of what waits, so that what stopped
// together does not come back together.
func Spread(name string, delay time.Duration) time.Duration {
	// A plain checksum would give names that differ in their last digit alone the same pause.
	share := sha256.Sum256([]byte(name))
	return delay + delay*time.Duration(share[0])/256
}

// busyDelay names the pause by the attempt too, so that two questions that collide once do not
// collide each time.
func busyDelay(ctx context.Context, tried int) time.Duration {
	info := activity.GetInfo(ctx)
	return BusyPause(fmt.Sprint(info.WorkflowExecution.ID, "/", info.ActivityID, "/", info.Attempt), tried)
}

// refusal turns what Alipay said, or that it said nothing, into what a workflow can
// do about it. No answer is left to Temporal's retries, which are for
// workers that die: a pause inside the activity would not know what people have decided
// meanwhile. The
// prefix names the part of the order that the call's parameters came from.
func refusal(err error, prefix string) error {
	if err == nil {
		return nil
	}
	var said *temporal.ApplicationError
	if errors.As(err, &said) && said.NonRetryable() {
		return said // wrapped, Temporal would take it for one to try again after
	}
	var refused *gateway.Error
	if !errors.As(err, &refused) {
		return failed(&Failure{Class: FailureUnknown, Code: CodeNoAnswer, Message: words.OfError(err)})
	}
	if errors.Is(err, gateway.ErrObserving) {
		return observed()
	}
	failure := failureOf(refused, classOf(refused.Class), prefix)
	var token *tokenError
	if failure.Class == FailureAuthorization && errors.As(err, &token) {
		failure.Fingerprint = token.fingerprint
	}
	return failed(failure)
}

// classOf translates the gateway's classes. ClassQuery ends here only where the question that it
// asks for has been asked, and so is a person's.
func classOf(class codes.Class) FailureClass {
	switch class {
	case codes.ClassUnknown, codes.ClassRetry:
		return FailureUnknown
	case codes.ClassWait:
		return FailureWait
	case codes.ClassFix:
		return FailureFix
	case codes.ClassAuthorization:
		return FailureAuthorization
	case codes.ClassQuery, codes.ClassPermanent:
	}
	return FailurePermanent
}

// traceless is the error of a write that only a question could resolve, where the
// question shows that nothing was done: the same write is harmless then.
func traceless(err error, prefix string) error {
	var refused *gateway.Error
	if !errors.As(err, &refused) {
		return refusal(err, prefix)
	}
	failure := failureOf(refused, FailureUnknown, prefix)
	failure.Traceless = true
	return failed(failure)
}

// absent is the error of an act on a version that Alipay does not know, or not yet: a build shows a
// moment after it ends.
func absent(err error) error {
	var refused *gateway.Error
	if !errors.As(err, &refused) {
		return err
	}
	failure := failureOf(refused, FailureUnknown, "version")
	failure.Traceless, failure.Absent = true, true
	return failed(failure)
}

// waiting asks Temporal for another try after a while. The text is for the
// Temporal UI: what was asked, the answer, when it is asked again.
func waiting(text string, delay time.Duration) error {
	return temporal.NewApplicationErrorWithOptions(text+"; asked again in "+delay.String(), TypeWaiting,
		temporal.ApplicationErrorOptions{NextRetryDelay: delay, Category: temporal.ApplicationErrorCategoryBenign})
}

// Wait is what an attempt that is tried again says of itself, beside its text for the Temporal UI.
type Wait struct {
	Code    string     `json:"code,omitempty"`
	Message words.Text `json:"message,omitzero"`
	TraceID string     `json:"trace_id,omitempty"`
}

// waitingAfter is [waiting] after a refusal, with what Alipay's support has to know of it.
func waitingAfter(refused *gateway.Error, delay time.Duration) error {
	failure := failureOf(refused, FailureUnknown, "")
	return temporal.NewApplicationErrorWithOptions(refused.Error()+"; asked again in "+delay.String(), TypeWaiting,
		temporal.ApplicationErrorOptions{
			NextRetryDelay: delay, Category: temporal.ApplicationErrorCategoryBenign,
			Details: []any{Wait{Code: failure.Code, Message: failure.Message, TraceID: failure.TraceID}},
		})
}

// ends reports whether an answer that is not news ends a question all the same.
func (p Pacing) ends(tried int) bool { return p.Once || exhausted(p, tried) }

// exhausted reports whether a wait has lasted as long as its pacing allows. It
// counts delays instead of reading a clock, so that a clock that jumps ends no wait.
func exhausted(pacing Pacing, tried int) bool {
	if pacing.GiveUpAfter == 0 {
		return false
	}
	var waited time.Duration
	for i := 1; i < tried; i++ {
		waited += pacing.Schedule.Delay(i)
		if waited >= pacing.GiveUpAfter.Std() {
			return true
		}
	}
	return false
}

const codeVersionTaken = "VERSION_HAS_EXISTED"

// codeBusiness is the code of a refusal by the method that was called; every other is the gateway's.
const codeBusiness = "40004"

const codeNoFiling = "CAN_NOT_ONLINE_WITHOUT_REGISTRATION"

// certificationCodes are the refusals that end once a trial mini program is certified. Alipay does
// not say which refuse a trial; these can.
var certificationCodes = []string{"NOT_ALLOW_BETA_CATEGORY", "TINY_APP_AUDIT_NOT_PERMIT", "MINI_APP_RESTRICTED_AUDIT_CONTROL"}

func failureOf(refused *gateway.Error, class FailureClass, prefix string) *Failure {
	code := cmp.Or(refused.SubCode, refused.Code, CodeNotSent)
	failure := &Failure{
		Class: class, Code: code, Message: message(refused), TraceID: refused.TraceID, Slow: refused.Slow, Tomorrow: refused.Tomorrow,
		Decided: refused.Code == codeBusiness,
		Ask:     refused.Class == codes.ClassQuery, Taken: code == codeVersionTaken, NeedsFiling: code == codeNoFiling,
	}
	for _, field := range refused.Fields {
		failure.Fields = append(failure.Fields, pathOf(prefix, field))
	}
	switch refused.AutoFix {
	case codes.AutoFixDropFields:
		failure.Drops = refused.Fields
	case codes.AutoFixHigherVersion, codes.AutoFixNewVersion:
		failure.HigherVersion = true
	case codes.AutoFixNone, codes.AutoFixDeleteOldVersions:
	}
	for _, certification := range certificationCodes {
		failure.NeedsCertification = failure.NeedsCertification || code == certification
	}
	return failure
}

// message is Alipay's sentence and what to do about it, since most sub_msg name the fault alone.
func message(refused *gateway.Error) words.Text {
	text, advice := cmp.Or(refused.SubMsg, refused.Msg), words.Sentence(refused.Advice)
	switch {
	case errors.Is(refused, gateway.ErrNotSent):
		return advice
	case text == "":
		return words.OfError(refused)
	case refused.Advice == "":
		return words.Plain(text)
	}
	return words.New("failure.said", text, advice)
}

// pathOf is where a parameter of Alipay's stands in the order; no prefix means
// that it is a field of the order itself, such as order_no.
func pathOf(prefix, field string) string {
	if prefix == "" {
		return field
	}
	isFile := field == "app_logo" || field == "out_door_pic" || field == "test_file_name" ||
		strings.HasSuffix(field, "_license_pic") || strings.HasSuffix(field, "_screen_shot")
	if prefix == "submission" && isFile {
		return "submission.files." + field
	}
	return prefix + "." + field
}
