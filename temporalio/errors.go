package temporalio

import (
	"context"
	"errors"

	"go.temporal.io/api/serviceerror"
)

// NotFound reports whether err means that there is no such workflow. For signals and updates
// a workflow that has ended is not found either, so callers have to look which it is.
func NotFound(err error) bool {
	var missing *serviceerror.NotFound
	return errors.As(err, &missing)
}

// RefusedForGood reports whether err means that Temporal will refuse the same request however
// often it is made: what it carries is too large, or the workflow has taken all the signals
// that one may take.
func RefusedForGood(err error) bool {
	var invalid *serviceerror.InvalidArgument
	return errors.As(err, &invalid)
}

// Unreachable reports whether err means that Temporal gave no answer, so that nothing is known
// but that.
func Unreachable(err error) bool {
	var unavailable *serviceerror.Unavailable
	var late *serviceerror.DeadlineExceeded
	var ended *serviceerror.Canceled
	return errors.As(err, &unavailable) || errors.As(err, &late) || errors.As(err, &ended) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// AlreadyStarted reports whether err means that a workflow of this id was started before. The
// SDK hides it unless the start options ask for the error.
func AlreadyStarted(err error) bool {
	var exists *serviceerror.WorkflowExecutionAlreadyStarted
	return errors.As(err, &exists)
}
