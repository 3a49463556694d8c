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

	"miniflow/alipay"
	"miniflow/order"
)

// Types of the errors that an activity is tried again after. They show in the
// Temporal UI on a pending activity.
const (
	// TypeWaiting : Alipay answered, and the answer is still a wait.
	TypeWaiting = "waiting"
	// TypeAgain : the same call is made again: no answer, an answer that proves nothing, or a limit.
	TypeAgain = "again"
)

// Pauses after Alipay's own limit on calls (40005), which is one for the whole
// application: they double from the first to the last and are spread over as much
// again, so that the orders which met the limit together do not come back together.
const (
	busyFirst = 30 * time.Second
	busyLast  = 150 * time.Second
)

// busyDelay is the pause after the given number of tries. What spreads it is the
// name of whoever waits: no chance, so that a try can be told in advance.
func busyDelay(ctx context.Context, tried int) time.Duration {
	delay := busyFirst
	for ; tried > 1 && delay < busyLast; tried-- {
		delay *= 2
	}
	delay = min(delay, busyLast)
	info := activity.GetInfo(ctx)
	name := fmt.Sprint(info.WorkflowExecution.ID, "/", info.ActivityID, "/", info.Attempt)
	// A plain checksum would give names that differ in their last digit alone the same pause.
	share := sha256.Sum256([]byte(name))
	return delay + delay*time.Duration(share[0])/256
}

// refusal turns what Alipay said into what a workflow, or Temporal's retries,
// can do about it. Errors of other kinds (no answer from Temporal, a cancelled
// context) are tried again as they are. The prefix names the part of the order
// that the call's parameters came from.
func refusal(ctx context.Context, err error, prefix string, patience order.Schedule) error {
	var refused *alipay.Error
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Class {
	case alipay.ClassUnknown, alipay.ClassRetry:
		return again(ctx, refused)
	case alipay.ClassWait:
		if patience != nil {
			return waiting(refused.Error(), patience.Delay(attempt(ctx)))
		}
		return failed(failureOf(refused, FailureWait, prefix))
	case alipay.ClassFix:
		return failed(failureOf(refused, FailureFix, prefix))
	case alipay.ClassAuthorization:
		failure := failureOf(refused, FailureAuthorization, prefix)
		var token *tokenError
		if errors.As(err, &token) {
			failure.Fingerprint = token.fingerprint
		}
		return failed(failure)
	case alipay.ClassQuery, alipay.ClassPermanent:
		return failed(failureOf(refused, FailurePermanent, prefix))
	}
	return err
}

// tracelessTries is how often a write is tried that Alipay answers with a doubt
// and that leaves no trace: SYSTEM_ERROR passes, a contradiction does not.
const tracelessTries = 6

// traceless is the error of a write that only a question could settle, where the
// question shows that nothing was done. The same write is harmless then; when it
// keeps failing a person has to look.
func traceless(ctx context.Context, err error, prefix string) error {
	var refused *alipay.Error
	if errors.As(err, &refused) && attempt(ctx) < tracelessTries {
		return again(ctx, refused)
	}
	return refusal(ctx, err, prefix, nil)
}

// again asks Temporal for another try.
func again(ctx context.Context, refused *alipay.Error) error {
	options := temporal.ApplicationErrorOptions{}
	if refused.Slow {
		options.NextRetryDelay = busyDelay(ctx, attempt(ctx))
	}
	return temporal.NewApplicationErrorWithOptions(refused.Error(), TypeAgain, options)
}

// waiting asks Temporal for another try after a while. The text is for the
// Temporal UI: what was asked, the answer, when it is asked again.
func waiting(text string, delay time.Duration) error {
	return temporal.NewApplicationErrorWithOptions(text+"; asked again in "+delay.String(), TypeWaiting,
		temporal.ApplicationErrorOptions{NextRetryDelay: delay, Category: temporal.ApplicationErrorCategoryBenign})
}

// exhausted tells whether a wait has lasted as long as its pacing allows. It
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

// certificationCodes are the refusals that end once a trial mini program is certified.
var certificationCodes = []string{"NOT_ALLOW_BETA_CATEGORY", "TINY_APP_AUDIT_NOT_PERMIT", "MINI_APP_RESTRICTED_AUDIT_CONTROL"}

func failureOf(refused *alipay.Error, class FailureClass, prefix string) *Failure {
	code := cmp.Or(refused.SubCode, refused.Code, CodeNotSent)
	failure := &Failure{Class: class, Code: code, Message: message(refused), TraceID: refused.TraceID}
	for _, field := range refused.Fields {
		failure.Fields = append(failure.Fields, pathOf(prefix, field))
	}
	switch refused.AutoFix {
	case alipay.AutoFixDropFields:
		if len(refused.Fields) > 0 {
			failure.Drop = refused.Fields[0]
		}
	case alipay.AutoFixHigherVersion, alipay.AutoFixNewVersion:
		failure.HigherVersion = true
	case alipay.AutoFixNone, alipay.AutoFixDeleteOldVersions:
	}
	for _, certification := range certificationCodes {
		failure.NeedsCertification = failure.NeedsCertification || code == certification
	}
	return failure
}

// message is Alipay's sentence and what to do about it.
func message(refused *alipay.Error) string {
	text := cmp.Or(refused.SubMsg, refused.Msg)
	switch {
	case errors.Is(refused, alipay.ErrNotSent):
		return refused.Advice
	case text == "":
		return refused.Error()
	case refused.Advice == "":
		return text
	}
	return text + " (" + refused.Advice + ")"
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

// isQuery tells whether only a question can say what became of a call.
func isQuery(err error) bool {
	var refused *alipay.Error
	return errors.As(err, &refused) && refused.Class == alipay.ClassQuery
}

// fixOf is the correction that needs no person, when a refusal names one.
func fixOf(err error) alipay.AutoFix {
	var refused *alipay.Error
	if !errors.As(err, &refused) {
		return alipay.AutoFixNone
	}
	return refused.AutoFix
}
