package service

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/client"

	"miniflow/internal/config"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/sweep"
	"miniflow/workflows/webhook"
)

// starting is Temporal that starts everything, and ends the process's wish for more after so much.
type starting struct {
	client.Client
	started []string
	title   string // of the last one
	enough  func()
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
	temporal := &starting{enough: cancel}
	s := &Service{options: Options{Temporal: temporal, Log: slog.New(slog.DiscardHandler)}, apps: []app{
		{config: config.App{ID: "1", Language: words.English}},
		{config: config.App{ID: "2", Language: words.Chinese, Webhook: config.Webhook{URL: "https://isv.example/hook"}}},
	}}
	s.keepStanding(ctx)
	want := []string{
		order.SweepWorkflowType + " " + order.SweepWorkflowID("1") + " en", order.SweepWorkflowType + " " + order.SweepWorkflowID("2") + " zh-CN",
		order.WebhookWorkflowType + " " + order.WebhookWorkflowID("2") + " zh-CN",
	}
	if diff := cmp.Diff(want, temporal.started); diff != "" {
		t.Error(diff)
	}
}

// TestTheElectionIsCalledByItsAppsLanguage: its input is an app's id alone, so its title has it.
func TestTheElectionIsCalledByItsAppsLanguage(t *testing.T) {
	temporal := &starting{}
	s := &Service{options: Options{Temporal: temporal}}
	for language, want := range map[words.Language]string{words.English: "the long connection", words.Chinese: "长连接"} {
		if err := s.beginElection(t.Context(), "1", language); err != nil || !strings.Contains(temporal.title, want) {
			t.Errorf("in %s: %q, %v", language, temporal.title, err)
		}
	}
}
