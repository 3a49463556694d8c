package service

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"miniflow/activities"
	"miniflow/internal/config"
	"miniflow/internal/files"
	"miniflow/internal/seal"
	"miniflow/order"
	"miniflow/rollout"
)

// standings answers how orders stand in Temporal, by workflow id.
type standings struct {
	client.Client
	status map[string]enums.WorkflowExecutionStatus
	err    error
}

func (s standings) DescribeWorkflowExecution(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	status, known := s.status[id]
	switch {
	case s.err != nil:
		return nil, s.err
	case !known:
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Status: status}}, nil
}

// TestWhichOrdersNeedTheirFiles: only one that ended by itself, or that Temporal does not know, needs
// them no more. A terminated one can begin again.
func TestWhichOrdersNeedTheirFiles(t *testing.T) {
	fates := map[enums.WorkflowExecutionStatus]files.Fate{enums.WORKFLOW_EXECUTION_STATUS_COMPLETED: files.FateEnded}
	for number := range enums.WorkflowExecutionStatus_name {
		status := enums.WorkflowExecutionStatus(number)
		s := &Service{options: Options{Temporal: standings{status: map[string]enums.WorkflowExecutionStatus{order.WorkflowID("1", "A"): status}}}}
		if fate, err := s.fateOf(t.Context(), "1", "A"); err != nil || fate != fates[status] {
			t.Errorf("%v: fate %v, %v", status, fate, err)
		}
		of := &Service{options: Options{Temporal: standings{status: map[string]enums.WorkflowExecutionStatus{rollout.WorkflowID("1", "A"): status}}}}
		if fate, err := of.fateOf(t.Context(), "1", rollout.NamesFilesAs("A")); err != nil || fate != fates[status] {
			t.Errorf("a rollout, %v: fate %v, %v", status, fate, err)
		}
		if fate, err := s.fateOf(t.Context(), "1", "B"); err != nil || fate != files.FateForgotten {
			t.Errorf("one that never began: fate %v, %v", fate, err)
		}
	}
	for _, err := range []error{serviceerror.NewUnavailable("down"), serviceerror.NewNamespaceNotFound("default"), context.DeadlineExceeded} {
		s := &Service{options: Options{Temporal: standings{err: err}}}
		if fate, answer := s.fateOf(t.Context(), "1", "A"); answer == nil || fate != files.FateRuns {
			t.Errorf("%v: fate %v", err, fate)
		}
	}
}

func storeOf(t *testing.T) *files.Store {
	t.Helper()
	cfg := config.Defaults()
	cfg.Files.Store.Folder = t.TempDir()
	store, err := newFileStore(cfg, seal.None())
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestKeptFileIsTheOrdersOwn(t *testing.T) {
	store := storeOf(t)
	kept := filesOfOrders{store: store}
	sum, _, _, err := store.Put(t.Context(), "1", []byte("licence"))
	if err != nil {
		t.Fatal(err)
	}
	if content, err := kept.Fetch(t.Context(), "1", order.FileRef{SHA256: string(bytes.ToUpper([]byte(sum)))}); err != nil || string(content) != "licence" {
		t.Errorf("fetched %q, %v", content, err)
	}
	other := sha256.Sum256(nil)
	for _, ref := range []struct{ app, sum string }{{"2", sum}, {"1", hex.EncodeToString(other[:])}} {
		if _, err := kept.Fetch(t.Context(), ref.app, order.FileRef{SHA256: ref.sum}); !errors.Is(err, activities.ErrFileUnusable) {
			t.Errorf("a file that is not there: %v", err)
		}
	}
	// Nothing is wrong with the file, so nobody is asked for another one.
	if _, err := (filesOfOrders{}).Fetch(t.Context(), "1", order.FileRef{SHA256: sum}); err == nil || errors.Is(err, activities.ErrFileUnusable) {
		t.Errorf("a worker without a store: %v", err)
	}
}

func TestWithoutASettingThereIsNoStore(t *testing.T) {
	if store, err := newFileStore(config.Defaults(), seal.None()); store != nil || err != nil {
		t.Errorf("a store: %v, %v", store, err)
	}
	cfg := config.Defaults()
	cfg.Files.Store.Folder = "/dev/null/files"
	if _, err := newFileStore(cfg, seal.None()); err == nil {
		t.Error("a folder that can't be made is no mistake")
	}
}

// TestSweepsEndWithTheProcess, which logs nothing about its own end.
func TestSweepsEndWithTheProcess(t *testing.T) {
	var log bytes.Buffer
	s := &Service{files: storeOf(t), options: Options{
		Temporal: standings{err: errors.New("down")}, Log: slog.New(slog.NewTextHandler(&log, nil)),
	}}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { s.keepSweepingFiles(ctx); close(ended) }()
	cancel()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("it goes on")
	}
	if log.Len() != 0 {
		t.Errorf("logged %s", log.String())
	}
}
