package workflows_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/attention"
	"miniflow/order"
	"miniflow/workflows"
	"miniflow/workflows/digest"
)

func newAttentionEnv(t *testing.T) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	suite := testsuite.WorkflowTestSuite{}
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkflowRunTimeout(2 * attention.KeepNotes)
	workflows.Register(env)
	return env
}

// wanting sends an update and hands on its end.
func wanting(env *testsuite.TestWorkflowEnvironment, when time.Duration, name string, arg any, done func(any, error)) {
	env.RegisterDelayedCallback(func() {
		env.UpdateWorkflow(name, "", &testsuite.TestUpdateCallback{
			OnAccept: func() {}, OnReject: func(err error) { done(nil, err) }, OnComplete: done,
		}, arg)
	}, when)
}

func viewOf[T any](t *testing.T, env *testsuite.TestWorkflowEnvironment, query string) (answer T) {
	t.Helper()
	value, err := env.QueryWorkflow(query)
	if err == nil {
		err = value.Get(&answer)
	}
	if err != nil {
		t.Error(err)
	}
	return answer
}

// TestAnAttentionKeepsWhatIsNoted, forgets it after 90 days, and hands on to its next run the rest.
func TestAnAttentionKeepsWhatIsNoted(t *testing.T) {
	env := newAttentionEnv(t)
	began := env.Now()
	wanting(env, time.Hour, order.NoteUpdate, attention.Instruction{ID: "order:a", Action: attention.ActionAssign, Actor: "operator-1", To: "operator-2"}, func(result any, err error) {
		if note, is := result.(attention.Note); err != nil || !is || note.AssignedTo != "operator-2" || !note.AssignedAt.Equal(began.Add(time.Hour)) {
			t.Errorf("assigned: %+v, %v", result, err)
		}
	})
	wanting(env, 2*time.Hour, order.NoteUpdate, attention.Instruction{ID: "order:a", Action: "delete"}, func(_ any, err error) {
		if err == nil {
			t.Error("an action that is none was taken")
		}
	})
	wanting(env, 50*24*time.Hour, order.ToldUpdate, attention.Telling{Robot: "service", Posted: true, At: began, News: []string{"k"}, Robots: []string{"service"}}, func(_ any, err error) {
		if err != nil {
			t.Error(err)
		}
	})
	env.RegisterDelayedCallback(func() {
		if notes := viewOf[attention.Notes](t, env, order.ViewQuery); len(notes) != 1 {
			t.Errorf("a day before their time %d notes are kept", len(notes))
		}
	}, 90*24*time.Hour)
	env.RegisterDelayedCallback(func() {
		if notes := viewOf[attention.Notes](t, env, order.ViewQuery); len(notes) != 0 {
			t.Errorf("after their time %d notes are kept", len(notes))
		}
		if robots := viewOf[attention.Robots](t, env, order.ToldQuery); len(robots["service"].Told) != 1 {
			t.Errorf("the robot was told %+v", robots)
		}
	}, 91*24*time.Hour)
	for i := range 4 {
		wanting(env, (92+time.Duration(i))*24*time.Hour, order.NoteUpdate, attention.Instruction{ID: "order:b", Action: attention.ActionComment, Actor: "operator-1", Text: "sealed"}, func(any, error) {})
	}
	env.RegisterDelayedCallback(func() { env.SetCurrentHistoryLength(20) }, 94*24*time.Hour)
	env.ExecuteWorkflow(order.AttentionWorkflowType, attention.Input{AppID: "2021", CrowdedAt: 12})
	var again *workflow.ContinueAsNewError
	if err := env.GetWorkflowError(); !errors.As(err, &again) {
		t.Fatalf("it ended with %v", err)
	}
	var next attention.Input
	if err := converter.GetDefaultDataConverter().FromPayloads(again.Input, &next); err != nil || len(next.Notes) != 1 || len(next.Robots["service"].Told) != 1 || next.AppID != "2021" || next.CrowdedAt != 12 {
		t.Errorf("the next run begins with %+v, %v", next, err)
	}
}

// digested is a Digest with robots that fail as they are told to.
type digested struct {
	env   *testsuite.TestWorkflowEnvironment
	plan  activities.DigestPlan
	mutex sync.Mutex     // of what follows: posts run beside each other
	fails map[string]int // posts that fail before one is taken, by robot
	posts map[string]int
	kept  []activities.TellingCall
}

func newDigested(t *testing.T, robots ...string) *digested {
	t.Helper()
	d := &digested{env: newAttentionEnv(t), fails: map[string]int{}, posts: map[string]int{}}
	for _, robot := range robots {
		d.plan.Posts = append(d.plan.Posts, attention.Post{Via: robot, Telling: attention.Telling{Robot: robot, Posted: true, Robots: robots}})
	}
	d.env.RegisterActivityWithOptions(func(context.Context, activities.DigestQuestion) (activities.DigestPlan, error) { return d.plan, nil }, activity.RegisterOptions{Name: activities.PlanDigest.Name})
	d.env.RegisterActivityWithOptions(func(_ context.Context, call activities.PostCall) (activities.Nothing, error) {
		d.mutex.Lock()
		defer d.mutex.Unlock()
		d.posts[call.Robot]++
		switch fails := d.fails[call.Robot]; {
		case fails < 0:
			return activities.Nothing{}, temporal.NewNonRetryableApplicationError("refused", "robot_refused", nil)
		case fails > 0:
			d.fails[call.Robot]--
			return activities.Nothing{}, errors.New("down")
		}
		return activities.Nothing{}, nil
	}, activity.RegisterOptions{Name: activities.PostDigest.Name})
	d.env.RegisterActivityWithOptions(func(_ context.Context, call activities.TellingCall) (activities.Nothing, error) {
		d.mutex.Lock()
		defer d.mutex.Unlock()
		d.kept = append(d.kept, call)
		return activities.Nothing{}, nil
	}, activity.RegisterOptions{Name: activities.KeepTelling.Name})
	return d
}

func (d *digested) run(t *testing.T) (result digest.Result) {
	t.Helper()
	d.env.ExecuteWorkflow(order.DigestWorkflowType, digest.Input{AppID: "2021"})
	if err := d.env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	if err := d.env.GetWorkflowResult(&result); err != nil {
		t.Fatal(err)
	}
	return result
}

func (d *digested) keptOf() string {
	var names []string
	for _, call := range d.kept {
		names = append(names, call.Telling.Robot)
	}
	return strings.Join(names, " ")
}

// TestADigestMovesOnOnlyWhatWasTaken: a robot that is down is tried again, one that stays down, or
// refuses, keeps its old list and holds up no other.
func TestADigestMovesOnOnlyWhatWasTaken(t *testing.T) {
	d := newDigested(t, "well", "late", "down", "refusing")
	d.fails = map[string]int{"late": 3, "down": 1000, "refusing": -1}
	if result := d.run(t); result != (digest.Result{Posted: 2, Failed: 2}) {
		t.Errorf("it has %+v", result)
	}
	if d.keptOf() != "well late" || d.posts["well"] != 1 || d.posts["late"] != 4 || d.posts["refusing"] != 1 || d.posts["down"] < 5 {
		t.Errorf("kept %s, posts %v", d.keptOf(), d.posts)
	}
	if d.kept[0].ID == d.kept[1].ID {
		t.Error("two tellings have one id")
	}
}

// TestADigestWithoutNewsPostsNothing, and keeps what has gone.
func TestADigestWithoutNewsPostsNothing(t *testing.T) {
	d := newDigested(t)
	d.plan.Quietly = []attention.Telling{{Robot: "well", Gone: []string{"k"}, Robots: []string{"well"}}}
	if result := d.run(t); result != (digest.Result{}) || d.keptOf() != "well" || len(d.posts) != 0 {
		t.Errorf("%+v, kept %s, posts %v", result, d.keptOf(), d.posts)
	}
}
