package activities_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/interceptor"

	"miniflow/activities"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// tryLasts is how long Temporal gives one try of a question.
const tryLasts = 2 * time.Minute

// patient is a bench whose questions pause within a try, on a false clock.
type patient struct {
	*bench
	// cancel cancels the tries, as Temporal does in its answer to a heartbeat.
	cancel    context.CancelFunc
	cancelled context.Context
	stop      chan struct{}
}

// patiently runs a story on a false clock, within a try that Temporal gives two minutes.
func patiently(t *testing.T, story func(*testing.T, *patient)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := &patient{bench: newBench(t), stop: make(chan struct{})}
		p.cancelled, p.cancel = context.WithCancel(t.Context())
		calls := p.activities()
		calls.Sleep = activities.Pause
		p.testEnv = newTestEnv(t, calls.Register, &deadline{patient: p})
		p.env.SetWorkerStopChannel(p.stop)
		story(t, p)
	})
}

// deadline gives a try the end that Temporal gives it.
type deadline struct {
	interceptor.WorkerInterceptorBase
	interceptor.ActivityInboundInterceptorBase
	patient *patient
}

func (d *deadline) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	d.Next = next
	return d
}

func (d *deadline) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	ctx, end := context.WithTimeout(ctx, tryLasts)
	defer end()
	defer context.AfterFunc(d.patient.cancelled, end)()
	return d.Next.ExecuteActivity(ctx, in)
}

// lasts makes a try and says how it ended and after how long.
func (p *patient) lasts(name string, input any) (result string, took time.Duration, err error) {
	began := time.Now()
	text, err := p.try(name, input)
	return string(text), time.Since(began), err
}

// auditing is a question about an audit that goes on, asked by a schedule.
func (p *patient) auditing(schedule order.Schedule) activities.VersionQuestion {
	p.fakeAlipay.version(gateway.VersionAuditing)
	q := awaiting(activities.VersionAuditing)
	q.Pacing.Schedule = schedule
	return q
}

// judged has the audit end.
func (p *patient) judged() {
	p.fakeAlipay.mu.Lock()
	defer p.fakeAlipay.mu.Unlock()
	p.fakeAlipay.version(gateway.VersionWaitRelease)
}

// TestASlowAnswerIsWaitedOutWithinATry: another try costs Temporal ten times what a question costs
// Alipay.
func TestASlowAnswerIsWaitedOutWithinATry(t *testing.T) {
	patiently(t, func(t *testing.T, p *patient) {
		q := p.auditing(order.Schedule{{Every: time.Second, Times: 1}, {Every: 2 * time.Second, Times: 1}, {Every: 5 * time.Second}})
		time.AfterFunc(4*time.Second, p.judged)
		result, took, err := p.lasts(activities.AwaitAuditResult.Name, q)
		if err != nil || took != 8*time.Second || p.fakeAlipay.calls["detail"] != 4 {
			t.Fatalf("after %s and %d questions: %v", took, p.fakeAlipay.calls["detail"], err)
		}
		sameJSON(t, []byte(result), stands(activities.VersionWaitRelease))
	})
}

// TestALongPauseIsTemporals: it would keep a place of the worker for nothing.
func TestALongPauseIsTemporals(t *testing.T) {
	for pause, inTry := range map[time.Duration]bool{20 * time.Second: true, 21 * time.Second: false} {
		patiently(t, func(t *testing.T, p *patient) {
			_, took, err := p.lasts(activities.AwaitAuditResult.Name, p.auditing(order.Schedule{{Every: pause}}))
			if got := endingOf(t, err); got != waits(pause) || (took > 0) != inTry {
				t.Errorf("with pauses of %s a try took %s and ended with %+v", pause, took, got)
			}
		})
	}
}

// TestATryPausesForAMinute in all, and the next goes on where the schedule stood.
func TestATryPausesForAMinute(t *testing.T) {
	patiently(t, func(t *testing.T, p *patient) {
		q := p.auditing(order.Schedule{{Every: 10 * time.Second, Times: 2}, {Every: 20 * time.Second, Times: 4}, {Every: time.Hour}})
		for i, want := range []struct {
			took  time.Duration
			asked int
			next  time.Duration
		}{{time.Minute, 5, 20 * time.Second}, {20 * time.Second, 7, time.Hour}, {0, 8, time.Hour}} {
			p.attempt = int32(i + 1)
			_, took, err := p.lasts(activities.AwaitAuditResult.Name, q)
			if got := endingOf(t, err); took != want.took || p.fakeAlipay.calls["detail"] != want.asked || got != waits(want.next) {
				t.Errorf("try %d took %s, %d questions so far, and ended with %+v", p.attempt, took, p.fakeAlipay.calls["detail"], got)
			}
		}
	})
}

// TestAQuestionGivesUpWithinATry: the pauses within a try count like those between two.
func TestAQuestionGivesUpWithinATry(t *testing.T) {
	patiently(t, func(t *testing.T, p *patient) {
		q := p.auditing(order.Schedule{{Every: 10 * time.Second}})
		q.Pacing.GiveUpAfter = order.Duration(30 * time.Second)
		result, took, err := p.lasts(activities.AwaitAuditResult.Name, q)
		if err != nil || took != 30*time.Second {
			t.Fatalf("after %s: %v", took, err)
		}
		sameJSON(t, []byte(result), stands(activities.VersionAuditing))
	})
}

// TestAQuestionThatIsAskedOnce pauses for no news, but for an answer.
func TestAQuestionThatIsAskedOnce(t *testing.T) {
	patiently(t, func(t *testing.T, p *patient) {
		q := p.auditing(order.Schedule{{Every: time.Second}})
		q.Pacing.Once = true
		p.fakeAlipay.plan("detail", plan{err: refused(codes.ClassUnknown, "")})
		result, took, err := p.lasts(activities.AwaitAuditResult.Name, q)
		if err != nil || took != 7*time.Second || p.fakeAlipay.calls["detail"] != 2 {
			t.Fatalf("after %s and %d questions: %v", took, p.fakeAlipay.calls["detail"], err)
		}
		sameJSON(t, []byte(result), stands(activities.VersionAuditing))
	})
}

// TestARefusalEndsATry at once: no repetition mends it.
func TestARefusalEndsATry(t *testing.T) {
	patiently(t, func(t *testing.T, p *patient) {
		q := p.auditing(order.Schedule{{Every: time.Second}})
		p.fakeAlipay.plan("detail", plan{}, plan{err: refused(codes.ClassPermanent, "NO_RIGHT")})
		_, took, err := p.lasts(activities.AwaitAuditResult.Name, q)
		if failure := failureOf(t, err); took != time.Second || failure.Class != activities.FailurePermanent {
			t.Errorf("after %s: %+v", took, failure)
		}
	})
}

// TestWhatEndsAPause ends it at once: a cancellation, and a worker that stops, whose question is
// asked on elsewhere.
func TestWhatEndsAPause(t *testing.T) {
	ends := map[string]func(*patient){
		"the try is cancelled": func(p *patient) { p.cancel() },
		"the worker stops":     func(p *patient) { close(p.stop) },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			patiently(t, func(t *testing.T, p *patient) {
				q := p.auditing(order.Schedule{{Every: 20 * time.Second}})
				time.AfterFunc(3*time.Second, func() { end(p) })
				_, took, err := p.lasts(activities.AwaitAuditResult.Name, q)
				if got := endingOf(t, err); took != 3*time.Second || got != waits(20*time.Second) {
					t.Errorf("after %s: %+v", took, got)
				}
			})
			patiently(t, func(t *testing.T, p *patient) { // before a build is asked about first
				time.AfterFunc(time.Second, func() { end(p) })
				q := awaiting()
				q.Scan, q.Pacing.Schedule = order.Schedule{{Every: time.Second}}, order.Schedule{{Every: 20 * time.Second}}
				if _, took, err := p.lasts(activities.AwaitBuild.Name, q); took != time.Second || err == nil || p.fakeAlipay.calls["build"] != 0 {
					t.Errorf("after %s and %d questions: %v", took, p.fakeAlipay.calls["build"], err)
				}
			})
		})
	}
}

// TestAPausedTryBeats, so that Temporal knows that its worker lives, and can cancel it.
func TestAPausedTryBeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		calls := b.activities()
		calls.Sleep = activities.Pause
		b.testEnv = newTestEnv(t, calls.Register, &activities.Heartbeats{})
		b.beatWithin = 30 * time.Second
		b.fakeAlipay.version(gateway.VersionAuditing)
		q := awaiting(activities.VersionAuditing)
		q.Pacing.Schedule = order.Schedule{{Every: 20 * time.Second}}
		if _, err := b.try(activities.AwaitAuditResult.Name, q); endingOf(t, err) != waits(20*time.Second) || b.beats.Load() < 19 {
			t.Errorf("%d beats in a minute; %v", b.beats.Load(), err)
		}
	})
}

// TestNoTryOutlivesItsTimeout, however its pauses are set and however slowly Alipay answers: a try
// that Temporal ends is one that a person sees fail.
func TestNoTryOutlivesItsTimeout(t *testing.T) {
	for name, e := range activityCases() {
		if !e.polls || e.watches {
			continue
		}
		for _, every := range []time.Duration{time.Second, 7 * time.Second, 20 * time.Second, 5 * time.Minute} {
			for _, slow := range []time.Duration{0, 9 * time.Second} {
				patiently(t, func(t *testing.T, p *patient) {
					if e.pending != nil {
						e.pending(p.fakeAlipay)
					}
					p.fakeAlipay.slow = slow
					_, took, err := p.lasts(name, paced(e.input, order.Schedule{{Every: every}}))
					if took >= tryLasts || endingOf(t, err).kind != activities.TypeWaiting {
						t.Errorf("%s, every %s, answered within %s: after %s %v", name, every, slow, took, err)
					}
				})
			}
		}
	}
}

// paced is a question with another schedule.
func paced(input any, schedule order.Schedule) any {
	switch q := input.(type) {
	case activities.VersionQuestion:
		q.Pacing.Schedule, q.Scan = schedule, schedule
		return q
	case activities.MerchantQuestion:
		q.Pacing.Schedule = schedule
		return q
	}
	return input
}
