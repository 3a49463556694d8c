package main_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	sdkpb "go.temporal.io/api/sdk/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"miniflow/cmd/standalone/internal/receiver"
	"miniflow/order"
)

// haystack is one place where a canary must not be.
type haystack struct {
	name string
	text []byte
}

// find says under which spelling a value is in the haystack; empty when it is not.
func (h haystack) find(value string) string {
	for spelling, text := range map[string]string{
		"as it is": value, "in a URL": url.QueryEscape(value), "in JSON": asciiJSON(value),
		"in base64": base64.StdEncoding.EncodeToString([]byte(value)),
	} {
		if bytes.Contains(h.text, []byte(text)) {
			return spelling
		}
	}
	return ""
}

// asciiJSON is a text with its letters written as \u escapes.
func asciiJSON(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < 0x80 {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String()
}

// opened is a message of Temporal's as text, together with everything that its
// payloads hold.
func opened(t *testing.T, message proto.Message) []byte {
	t.Helper()
	text, err := protojson.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	found := bytes.NewBuffer(text)
	var walk func(node any)
	walk = func(node any) {
		switch node := node.(type) {
		case string:
			if plain, err := base64.StdEncoding.DecodeString(node); err == nil {
				found.WriteByte('\n')
				found.Write(plain)
			}
		case []any:
			for _, child := range node {
				walk(child)
			}
		case map[string]any:
			for _, child := range node {
				walk(child)
			}
		}
	}
	walk(tree)
	return found.Bytes()
}

// haystacks are all places that people, and other programs, read.
func (s *standalone) haystacks() []haystack {
	s.t.Helper()
	temporal := s.temporal()
	var histories, listed, described, pages haystack
	histories.name, listed.name, described.name, pages.name = "histories", "memos and search attributes", "pending work", "pages"
	for _, execution := range temporal.executions("") {
		id := execution.GetExecution()
		listed.text = append(listed.text, opened(s.t, execution)...)
		histories.text = append(histories.text, opened(s.t, temporal.history(id.GetWorkflowId(), id.GetRunId()))...)
		answer, err := temporal.DescribeWorkflowExecution(s.t.Context(), id.GetWorkflowId(), id.GetRunId())
		if err != nil {
			s.t.Fatal(err)
		}
		described.text = append(described.text, opened(s.t, answer)...)
		pages.text = append(pages.text, page(temporal, id.GetWorkflowId(), id.GetRunId())...)
	}
	metrics, err := s.send(http.MethodGet, s.at.API+"/metrics", nil, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	all := []haystack{
		histories, listed, described, pages, {"metrics", metrics.body}, {"answers of the REST API", s.heard.text.Bytes()},
		{"events", s.eventsOfOrders()}, {"exports", s.exports()},
	}
	for name, files := range map[string][]string{
		"the log": {s.path("miniflow.log")}, "the terminal": {s.output()}, "Temporal's files": filesIn(s.t, s.path("temporal")),
	} {
		place := haystack{name: name}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				s.t.Fatal(err)
			}
			place.text = append(place.text, text...)
		}
		all = append(all, place)
	}
	return all
}

// eventsOfOrders are the posts about orders that the backend has got. A message of nobody's is handed
// on to it as it came, which is what it is for.
func (s *standalone) eventsOfOrders() []byte {
	s.t.Helper()
	answer, err := s.send(http.MethodGet, s.at.Simulator+receiver.ReceivedPath, http.Header{"Accept": {"application/json"}}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	var received struct {
		Received []receiver.Arrival `json:"received"`
	}
	if err := json.Unmarshal(answer.body, &received); err != nil {
		s.t.Fatalf("%s: %v", answer, err)
	}
	var events []byte
	for _, arrival := range received.Received {
		if arrival.Type != order.HappenedNotification {
			events = append(events, arrival.Event...)
		}
	}
	return events
}

// exports is what the command line writes of all orders.
func (s *standalone) exports() []byte {
	s.t.Helper()
	text, err := exec.CommandContext(s.t.Context(), miniflow, "orders", "export", "--api", s.at.API).CombinedOutput() //nolint:gosec // the program that TestMain built
	if err != nil {
		s.t.Fatalf("export: %v\n%s", err, text)
	}
	return text
}

// page is what the Web UI shows of a workflow beside its history.
func page(temporal temporal, workflowID, runID string) []byte {
	temporal.t.Helper()
	answer, err := temporal.QueryWorkflow(temporal.t.Context(), workflowID, runID, "__temporal_workflow_metadata")
	metadata := &sdkpb.WorkflowMetadata{}
	if err == nil {
		err = answer.Get(metadata)
	}
	if err != nil {
		temporal.t.Fatalf("the page of %s: %v", workflowID, err)
	}
	return opened(temporal.t, metadata)
}

func filesIn(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 2 {
		t.Fatalf("Temporal's files are %v: %v", files, err)
	}
	return files
}
