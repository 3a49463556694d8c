package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"miniflow/internal/config"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/sweep"
	"miniflow/workflows/watching"
	"miniflow/workflows/webhook"
)

// starting is Temporal that starts everything, and ends the process's wish for more after so much.
type starting struct {
	client.Client
	started []string
	title   string // of the last one
	enough  func()
	// schedules are what was wanted of schedules, and scheduled is Temporal's answer to a creation.
	schedules []string
	scheduled error
	every     time.Duration // of the schedule that is there
}

func (s *starting) ScheduleClient() client.ScheduleClient { return &scheduling{starting: s} }

// scheduling notes what is wanted of schedules.
type scheduling struct {
	client.ScheduleClient
	client.ScheduleHandle
	starting *starting
	id       string
}

func (s *scheduling) Create(_ context.Context, options client.ScheduleOptions) (client.ScheduleHandle, error) {
	s.starting.schedules = append(s.starting.schedules, fmt.Sprint("create ", options.ID, " ", options.Spec.Intervals[0].Every))
	return s, s.starting.scheduled
}

func (s *scheduling) GetHandle(_ context.Context, id string) client.ScheduleHandle {
	return &scheduling{starting: s.starting, id: id}
}

func (s *scheduling) Delete(context.Context) error {
	s.starting.schedules = append(s.starting.schedules, "delete "+s.id)
	return serviceerror.NewNotFound("there is none")
}

func (s *scheduling) Update(_ context.Context, options client.ScheduleUpdateOptions) error {
	there := client.Schedule{Spec: &client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: s.starting.every}}}}
	wanted, err := options.DoUpdate(client.ScheduleUpdateInput{Description: client.ScheduleDescription{Schedule: there}})
	if errors.Is(err, temporal.ErrSkipScheduleUpdate) {
		return nil
	}
	s.starting.schedules = append(s.starting.schedules, fmt.Sprint("update ", s.id, " ", wanted.Schedule.Spec.Intervals[0].Every))
	return err
}

// TestDigestsAreScheduledAsTheRobotsWantThem: made once, changed where the robots want another pace, and
// taken away with the last robot.
func TestDigestsAreScheduledAsTheRobotsWantThem(t *testing.T) {
	robots := []config.Robot{{Digest: order.Duration(20 * time.Minute)}, {Digest: order.Duration(5 * time.Minute)}}
	for name, one := range map[string]struct {
		robots []config.Robot
		there  time.Duration
		want   []string
	}{
		"none":         {want: []string{"delete digest/1"}},
		"new":          {robots: robots, want: []string{"create digest/1 5m0s"}},
		"as before":    {robots: robots, there: 5 * time.Minute, want: []string{"create digest/1 5m0s"}},
		"another pace": {robots: robots, there: time.Hour, want: []string{"create digest/1 5m0s", "update digest/1 5m0s"}},
	} {
		there := &starting{every: one.there}
		if one.there > 0 {
			there.scheduled = temporal.ErrScheduleAlreadyRunning
		}
		s := &Service{options: Options{Temporal: there}}
		if err := s.keepDigests(t.Context(), config.App{ID: "1", Robots: one.robots}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(one.want, there.schedules); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestMiniProgramsAreWatchedAsOftenAsConfigured, and not at all where that is zero.
func TestMiniProgramsAreWatchedAsOftenAsConfigured(t *testing.T) {
	for name, one := range map[string]struct {
		every, there time.Duration
		want         []string
	}{
		"never":        {want: []string{"delete watch/1"}},
		"daily":        {every: 24 * time.Hour, want: []string{"create watch/1 24h0m0s"}},
		"as before":    {every: time.Hour, there: time.Hour, want: []string{"create watch/1 1h0m0s"}},
		"another pace": {every: time.Hour, there: 24 * time.Hour, want: []string{"create watch/1 1h0m0s", "update watch/1 1h0m0s"}},
	} {
		there := &starting{every: one.there}
		if one.there > 0 {
			there.scheduled = temporal.ErrScheduleAlreadyRunning
		}
		s := &Service{options: Options{Temporal: there, Config: &config.Config{}}}
		s.options.Config.Schedules.Watch = order.Duration(one.every)
		if err := s.keepWatch(t.Context(), config.App{ID: "1"}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(one.want, there.schedules); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	options := watchOptions(config.App{ID: "2021000000000001"}, 24*time.Hour)
	action, _ := options.Action.(*client.ScheduleWorkflowAction)
	input, _ := action.Args[0].(watching.Input)
	if spec := options.Spec.Intervals[0]; spec.Offset <= 0 || spec.Offset >= spec.Every || input.Within.Std() != 18*time.Hour {
		t.Errorf("it begins at %s, within %s", spec.Offset, input.Within.Std())
	}
}

func (s *starting) ExecuteWorkflow(_ context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error) {
	var language words.Language
	switch input := args[0].(type) {
	case sweep.Input:
		language = input.Language
	case webhook.Input:
		language = input.Language
	}
	s.started = append(s.started, fmt.Sprint(workflow, " ", options.ID, " ", language))
	s.title = options.StaticSummary
	if len(s.started) == 3 && s.enough != nil {
		s.enough()
	}
	return nil, nil
}

// TestWhatStandsBesideAnAppSpeaksItsLanguage: the Sweep, and the Webhook where one is configured.
func TestWhatStandsBesideAnAppSpeaksItsLanguage(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	starts := &starting{enough: cancel}
	s := &Service{options: Options{Temporal: starts, Config: &config.Config{}, Log: slog.New(slog.DiscardHandler)}, apps: []app{
		{config: config.App{ID: "1", Language: words.English}},
		{config: config.App{ID: "2", Language: words.Chinese, Webhook: config.Webhook{URL: "https://isv.example/hook"}}},
	}}
	s.keepStanding(ctx)
	want := []string{
		order.SweepWorkflowType + " " + order.SweepWorkflowID("1") + " en", order.SweepWorkflowType + " " + order.SweepWorkflowID("2") + " zh-CN",
		order.WebhookWorkflowType + " " + order.WebhookWorkflowID("2") + " zh-CN",
	}
	if diff := cmp.Diff(want, starts.started); diff != "" {
		t.Error(diff)
	}
}

// TestTheElectionIsCalledByItsAppsLanguage: its input is an app's id alone, so its title has it.
func TestTheElectionIsCalledByItsAppsLanguage(t *testing.T) {
	starts := &starting{}
	s := &Service{options: Options{Temporal: starts}}
	for language, want := range map[words.Language]string{words.English: "the long connection", words.Chinese: "长连接"} {
		if err := s.beginElection(t.Context(), "1", language); err != nil || !strings.Contains(starts.title, want) {
			t.Errorf("in %s: %q, %v", language, starts.title, err)
		}
	}
}
