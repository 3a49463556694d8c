package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"miniflow/order"
)

// A question that is asked on and on pauses between its tries. Another try costs Temporal ten
// times what the question costs Alipay, so a short pause is made inside the try: Temporal sees one
// try that lasts.

const (
	// longestPause is the longest pause that is made inside a try. A longer one would keep a place
	// of the worker for nothing.
	longestPause = 20 * time.Second
	// longestTry is how long the pauses of one try last together, well below its time-out.
	longestTry = time.Minute
	// longestScan is how long a try waits beyond a build's end for the security scan.
	longestScan = 40 * time.Second
	// lastCall is what a pause leaves of its try for the call that follows, which may have to wait for
	// its turn in the budget.
	lastCall = 20 * time.Second
)

// patiently asks a question, and asks again after each short pause.
func patiently[Question, Answer any](a *Alipay, ask func(context.Context, Question) (Answer, error)) func(context.Context, Question) (Answer, error) {
	return func(ctx context.Context, question Question) (Answer, error) {
		if a.Sleep == nil {
			return ask(ctx, question)
		}
		for asked, waited := 0, time.Duration(0); ; asked++ {
			answer, err := ask(context.WithValue(ctx, askedKey{}, asked), question)
			pause, again := pauseOf(err)
			if waited += pause; !again || pause > longestPause || waited > longestTry || a.Sleep(ctx, pause) != nil {
				return answer, err
			}
		}
	}
}

type askedKey struct{}

// pauseOf is the pause that a question wants before it is asked again.
func pauseOf(err error) (time.Duration, bool) {
	var application *temporal.ApplicationError
	if !errors.As(err, &application) || application.Type() != TypeWaiting {
		return 0, false
	}
	return application.NextRetryDelay(), true
}

// isFirst reports whether a question is asked for the first time.
func isFirst(ctx context.Context) bool {
	inTry, _ := ctx.Value(askedKey{}).(int)
	return attempt(ctx) == 1 && inTry == 0
}

// asked is how often a question has been asked, this time included, over all tries. An activity
// keeps nothing between tries, so those before are counted by the schedule that they have followed.
func asked(ctx context.Context, schedule order.Schedule) int {
	inTry, patient := ctx.Value(askedKey{}).(int)
	if !patient {
		return attempt(ctx)
	}
	times := 1
	for range attempt(ctx) - 1 {
		times += asksOfATry(schedule, times)
	}
	return times + inTry
}

// asksOfATry is how often a question is asked in a try whose first is the from-th of all.
func asksOfATry(schedule order.Schedule, from int) int {
	asks := 1
	for waited := time.Duration(0); ; asks++ {
		pause := schedule.Delay(from + asks - 1)
		if waited += pause; pause > longestPause || waited > longestTry {
			return asks
		}
	}
}

// Pause waits inside a try. It ends early, with an error, when the try is cancelled or its worker
// stops, so that the question is asked on elsewhere; and it does not begin where Alipay was so slow
// that the try would end before the next answer.
func Pause(ctx context.Context, pause time.Duration) error {
	if end, bounded := ctx.Deadline(); bounded && time.Until(end) < pause+lastCall {
		return errNoTime
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-activity.GetWorkerStopChannel(ctx):
		return errStopping
	case <-ctx.Done():
		return ctx.Err()
	}
}

var (
	errStopping = errors.New("the worker stops")
	errNoTime   = errors.New("the try would end before the next answer")
)
