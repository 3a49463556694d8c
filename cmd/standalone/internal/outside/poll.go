package outside

import (
	"context"
	"errors"
	"fmt"
	"time"
)

type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

// Final makes [Poll] give up with err at once, where asking again could only waste the
// deadline.
func Final(err error) error { return finalError{err} }

// Poll calls try until it returns nil. It gives up with the last error when the context ends,
// because that says what was missing, and with a [Final] one at once.
func Poll(ctx context.Context, every time.Duration, try func() error) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		err := try()
		var final finalError
		if err == nil || errors.As(err, &final) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("still not so (%w): %w", context.Cause(ctx), err)
		case <-ticker.C:
		}
	}
}
