package workflows_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/attention"
	"miniflow/order"
)

// handedOn runs an Attention until it continues as new, and returns what the next run begins with.
func handedOn(t *testing.T, env *testsuite.TestWorkflowEnvironment, input attention.Input) attention.Input {
	t.Helper()
	env.ExecuteWorkflow(order.AttentionWorkflowType, input)
	var again *workflow.ContinueAsNewError
	if err := env.GetWorkflowError(); !errors.As(err, &again) {
		t.Fatalf("it ended with %v", err)
	}
	var next attention.Input
	if err := converter.GetDefaultDataConverter().FromPayloads(again.Input, &next); err != nil {
		t.Fatal(err)
	}
	return next
}

// TestAnAttentionForgets what a purge names, and hands on the rest at once: its own history names what
// was forgotten.
func TestAnAttentionForgets(t *testing.T) {
	env := newAttentionEnv(t)
	theirs := attention.Item{ID: "order:gone", Kind: attention.KindAuditRejected, Since: env.Now()}
	others := attention.Item{ID: "order:stays", Kind: attention.KindAuditRejected, Since: env.Now()}
	took := func(_ any, err error) {
		if err != nil {
			t.Error(err)
		}
	}
	for i, id := range []string{theirs.ID, others.ID} {
		wanting(env, time.Duration(i)*time.Hour, order.NoteUpdate, attention.Instruction{ID: id, Action: attention.ActionComment, Actor: "operator-1", Text: "sealed"}, took)
	}
	wanting(env, 2*time.Hour, order.ToldUpdate, attention.Telling{
		Robot: "service", Posted: true, At: env.Now(), News: []string{theirs.Key(), others.Key()}, Robots: []string{"service"},
	}, took)
	wanting(env, 3*time.Hour, order.ForgetUpdate, attention.Forgetting{}, func(_ any, err error) {
		if err == nil {
			t.Error("it forgot nothing in particular")
		}
	})
	wanting(env, 4*time.Hour, order.ForgetUpdate, attention.Forgetting{IDs: []string{theirs.ID}}, took)
	next := handedOn(t, env, attention.Input{AppID: "2021"})
	told := next.Robots["service"].Told
	if len(next.Notes) != 1 || next.Notes[0].ID != others.ID || len(told) != 1 || told[others.Key()] == 0 || next.AppID != "2021" {
		t.Errorf("the next run begins with %+v", next)
	}
}

// TestAResealedAttentionCarriesItsCommentsUnderTheNewKey, and those that are made meanwhile.
func TestAResealedAttentionCarriesItsCommentsUnderTheNewKey(t *testing.T) {
	env := newAttentionEnv(t)
	env.RegisterActivityWithOptions(func(_ context.Context, call activities.ResealCall) (activities.Resealed, error) {
		return (&world{}).reseal(call), nil
	}, activity.RegisterOptions{Name: activities.Reseal.Name})
	for i, id := range []string{"order:a", "order:b"} {
		wanting(env, time.Duration(i)*time.Hour, order.NoteUpdate, attention.Instruction{
			ID: id, Action: attention.ActionComment, Actor: "operator-1", Text: sealedUnder("old", id),
		}, func(any, error) {})
	}
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(order.ResealSignal, nil) }, 2*time.Hour)
	next := handedOn(t, env, attention.Input{AppID: "2021"})
	if len(next.Notes) != 2 {
		t.Fatalf("the next run begins with %+v", next)
	}
	for _, note := range next.Notes {
		if len(note.Comments) != 1 || !strings.HasPrefix(string(note.Comments[0].Text), "sealed:v1:new:") {
			t.Errorf("it carries %+v", note)
		}
	}
}
