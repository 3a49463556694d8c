package main_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"

	"miniflow/order"
)

// sendAll posts bodies from several senders at once and returns how many answers
// were not the acknowledgement, with one of them.
func (s *standalone) sendAll(bodies []string, senders int) (wrong int, example string) {
	var mu sync.Mutex
	var group sync.WaitGroup
	next := make(chan string)
	for range senders {
		group.Go(func() {
			for body := range next {
				answer, err := s.deliver(body)
				if err == nil && answer.status == http.StatusOK && string(answer.body) == "success" {
					continue
				}
				mu.Lock()
				wrong, example = wrong+1, fmt.Sprint(answer, err)
				mu.Unlock()
			}
		})
	}
	for _, body := range bodies {
		next <- body
	}
	close(next)
	group.Wait()
	return wrong, example
}

// repeated is the same body several times.
func repeated(body string, times int) []string {
	bodies := make([]string, times)
	for i := range bodies {
		bodies[i] = body
	}
	return bodies
}

// reordered is the same message in other bytes: its parameters in another order.
func reordered(body string, random *rand.Rand) string {
	parts := strings.Split(body, "&")
	random.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	return strings.Join(parts, "&")
}

// Alipay sends a message up to eight times, and nothing keeps two tries apart.
func TestOneMessageEightTimesIsOneEffect(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, slow...)
	s.rules(quiet())
	waiting := s.awaitingMerchant("eight")
	message := confirmed(t, "eight-1", s.answers(waiting.OrderNo, "AGREED"), "AGREED")
	body := s.sign(message)
	if wrong, example := s.sendAll(repeated(body, 2), 2); wrong > 0 {
		t.Fatalf("of two at once %d were not acknowledged: %s", wrong, example)
	}
	before := s.awaitHeard("eight", message.id(), order.DispositionApplied)
	if wrong, example := s.sendAll(repeated(body, 6), 1); wrong > 0 {
		t.Fatalf("%d repeats were not acknowledged: %s", wrong, example)
	}
	// In other bytes it gets past the door's memory; a message that comes after it shows that it was heard.
	s.acknowledged(reordered(body, randomness(t)))
	probe := confirmed(t, "eight-2", waiting, "PROCESS")
	s.pushed(probe)
	after := s.awaitHeard("eight", probe.id(), order.DispositionApplied)
	if got := heardOf(after, message.id()); len(got) != 1 || after.Sequence != before.Sequence+1 {
		t.Errorf("nine times one message are %+v in a timeline of %d items, want it once and %d", got, after.Sequence, before.Sequence+1)
	}
}

// A notify_id that comes again with other content is kept for a person, and the
// first content stays what counts.
func TestAnIDWithOtherContentIsAConflict(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, slow...)
	s.rules(quiet())
	waiting := s.awaitingMerchant("conflict")
	agreed := s.answers(waiting.OrderNo, "AGREED")
	s.pushed(confirmed(t, "conflict-1", agreed, "AGREED"))
	s.awaitHeard("conflict", "conflict-1", order.DispositionApplied)
	before := s.awaitStage("conflict", order.StageAwaitingAuthorization)

	s.pushed(confirmed(t, "conflict-1", agreed, "REJECTED"))
	kept := s.awaitDelivery("conflict-1", order.DispositionConflict)
	if kept.OutOrderNo != "conflict" || kept.AppID != appID || kept.Reason.IsZero() {
		t.Errorf("the conflict is listed as %+v", kept)
	}
	if after := s.view("conflict"); after.Stage != before.Stage || after.Hold != nil {
		t.Errorf("the second content moved the order to %s, hold %+v", after.Stage, after.Hold)
	}
}

// 9,999 repeats cost the order next to nothing: neither those that the door
// remembers to the byte, nor those that it has to look at.
func TestTenThousandRepeatsLeaveAShortHistory(t *testing.T) {
	t.Parallel()
	const repeats, differing = 9999, 500
	random := randomness(t)
	s := startStandalone(t, slow...)
	s.rules(quiet())
	waiting := s.awaitingMerchant("repeats")
	message := confirmed(t, "repeats-1", s.answers(waiting.OrderNo, "AGREED"), "AGREED")
	body := s.sign(message)
	s.acknowledged(body)
	before := s.awaitHeard("repeats", message.id(), order.DispositionApplied)

	bodies := repeated(body, repeats-differing)
	for range differing {
		bodies = append(bodies, reordered(body, random))
	}
	if wrong, example := s.sendAll(bodies, 8); wrong > 0 {
		t.Errorf("%d of %d repeats were not acknowledged: %s", wrong, repeats, example)
	}
	// An order goes on in a new run before a history is long: all of its runs count.
	temporal, events := s.temporal(), 0
	for _, run := range temporal.executions(fmt.Sprintf("WorkflowId = '%s'", order.WorkflowID(appID, "repeats"))) {
		events += len(temporal.history(run.GetExecution().GetWorkflowId(), run.GetExecution().GetRunId()).GetEvents())
	}
	if events == 0 || events >= 2000 {
		t.Errorf("the histories have %d events, want some and fewer than 2000", events)
	}
	after := s.view("repeats")
	if after.Stage != order.StageAwaitingAuthorization || after.Sequence != before.Sequence {
		t.Errorf("repeats moved the order to %s and its timeline from %d to %d items", after.Stage, before.Sequence, after.Sequence)
	}
	known, _ := s.atAlipay("repeats")
	s.pushed(authorized(t, "repeats-2", known, s.token(after.MiniAppID))) // it is as alive as any other
	s.awaitStage("repeats", order.StageAuditing)
}
