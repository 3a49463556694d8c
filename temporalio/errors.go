package temporalio

import (
	"errors"

	"go.temporal.io/api/serviceerror"
)

// NotFound reports whether err says that there is no such workflow. To signals and
// updates a workflow that has ended looks the same as one that never was.
func NotFound(err error) bool {
	var missing *serviceerror.NotFound
	return errors.As(err, &missing)
}

// AlreadyStarted reports whether err says that a workflow of this id was started
// before. The SDK hides it unless the start options ask for the error.
func AlreadyStarted(err error) bool {
	var exists *serviceerror.WorkflowExecutionAlreadyStarted
	return errors.As(err, &exists)
}
