package robottest

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/proto"

	"miniflow/attention"
	"miniflow/cmd/internal/purging"
	"miniflow/cmd/internal/resealing"
	"miniflow/internal/archive"
	"miniflow/internal/config"
	"miniflow/internal/files"
	"miniflow/internal/seal"
	"miniflow/order"
)

// The merchants of two orders, of whom the first goes.
const goes, stays = "shop-7", "shop-8"

// TestAPurgedMerchantIsForgottenByRobotsToo: people have noted something about two merchants, and a
// robot was told of both. After the purge of one nothing in Temporal names it, although digests went on
// meanwhile; the other's notes are whole, and the robot is not told of it again. Then the notes move to
// a new sealing key, and the old one is taken away.
func TestAPurgedMerchantIsForgottenByRobotsToo(t *testing.T) {
	s := newStage(t)
	t.Cleanup(s.end)
	s.keys = sealingKeys("old")
	s.serve(s.robot("wecom", nil))
	for _, no := range []int{7, 8} {
		s.start(no)
	}
	s.until("the robot to be told of both", func() bool { return s.told() == 2 })
	for _, id := range []string{goes, stays} {
		for what, body := range map[string]any{"comment": map[string]any{"text": "canary-comment about " + id}} {
			s.call(http.MethodPost, "/v1/attention/"+appID+"/order:"+id+"/"+what, body, nil)
		}
	}
	s.call(http.MethodPost, "/v1/attention/"+appID+"/order:"+goes+"/assign", map[string]any{"to": "operator-1"}, nil)
	if found := s.naming(goes); len(found) < 3 { // the order, a digest, what keeps the notes
		t.Fatalf("before the purge only %v name the merchant", found)
	}
	messages := len(s.groups["wecom"].Messages())
	s.purge(goes)
	s.digests(2)
	if found := s.naming(goes); len(found) != 0 {
		t.Errorf("%v name the merchant", found)
	}
	if found := s.naming(stays); len(found) < 2 {
		t.Errorf("only %v name the one who stays", found)
	}
	if got := s.groups["wecom"].Messages(); s.told() != 1 || s.comment() != "canary-comment about "+stays {
		t.Errorf("the robot was told of %d, the comment is %q, messages %+v", s.told(), s.comment(), got)
	} else if again := got[messages:]; len(again) > 0 && strings.Contains(again[len(again)-1].Text, "巷口小面8") {
		t.Errorf("the robot is told again: %+v", again)
	}

	s.serve()
	s.keys = sealingKeys("new", "old")
	s.serve()
	s.reseals()
	s.keys = sealingKeys("new")
	s.serve()
	if got := s.comment(); got != "canary-comment about "+stays {
		t.Errorf("without the old key the comment is %q", got)
	}
}

func sealingKeys(ids ...string) (keys []config.SealingKey) {
	for _, id := range ids {
		keys = append(keys, config.SealingKey{ID: id, Key: config.Secret(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte(id[:1]), seal.KeySize)))})
	}
	return keys
}

func (s *stage) ring() *seal.Ring {
	s.t.Helper()
	var keys []seal.Key
	for _, one := range s.keys {
		key, err := seal.ParseKey(one.ID, one.Key.Reveal())
		must(s.t, err)
		keys = append(keys, key)
	}
	ring, err := seal.New(keys)
	must(s.t, err)
	return ring
}

// told is how many items the robot was told of, as it is kept.
func (s *stage) told() int {
	value, err := s.temporal.QueryWorkflow(s.t.Context(), order.AttentionWorkflowID(appID), "", order.ToldQuery)
	if err != nil {
		return 0 // before the first digest there is nothing to ask
	}
	var robots attention.Robots
	must(s.t, value.Get(&robots))
	return len(robots["wecom"].Told)
}

// comment is the last that was said about the merchant who stays.
func (s *stage) comment() string {
	var all listed
	s.call(http.MethodGet, "/v1/attention?app_id="+appID, nil, &all)
	for _, item := range all.Items {
		if item.ID == "order:"+stays && len(item.Comments) > 0 {
			return item.Comments[len(item.Comments)-1].Text
		}
	}
	return ""
}

// naming are the workflows whose histories, ids or lists name something.
func (s *stage) naming(word string) (ids []string) {
	s.t.Helper()
	all, err := s.temporal.ListWorkflow(s.t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: "default", PageSize: 1000})
	must(s.t, err)
	for _, one := range all.GetExecutions() {
		text, err := proto.Marshal(one)
		must(s.t, err)
		events := s.temporal.GetWorkflowHistory(s.t.Context(), one.GetExecution().GetWorkflowId(), one.GetExecution().GetRunId(), false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			event, err := events.Next()
			if err != nil {
				break // it was deleted meanwhile
			}
			more, err := proto.Marshal(event)
			must(s.t, err)
			text = append(text, more...)
		}
		if bytes.Contains(text, []byte(word)) {
			ids = append(ids, one.GetExecution().GetWorkflowId())
		}
	}
	return ids
}

func (s *stage) purge(ref string) {
	s.t.Helper()
	backend, err := files.OpenFolder(s.t.TempDir())
	must(s.t, err)
	p := &purging.Purge{
		Temporal: s.temporal, Namespace: "default", Archive: archive.New(backend, s.ring(), time.Now),
		Patience: patience, Tell: func(purging.Progress) {}, Now: time.Now,
	}
	plan, err := p.Plan(s.t.Context(), purging.Merchant{AppID: appID, Ref: ref})
	must(s.t, err)
	removed, err := p.Carry(s.t.Context(), plan)
	must(s.t, err)
	if removed.Runs != 1 {
		s.t.Errorf("removed were %+v", removed)
	}
}

// reseals moves what lives to the first key: an order and the comments.
func (s *stage) reseals() {
	s.t.Helper()
	r := &resealing.Resealing{
		Temporal: s.temporal, Namespace: "default", Ring: s.ring(), Now: time.Now, Patience: patience, Tell: func(int, int) {},
	}
	before, err := r.Check(s.t.Context())
	must(s.t, err)
	if before.Notes["old"] != 1 || before.Orders["old"] != 1 || !before.UnusedAfter.IsZero() {
		s.t.Errorf("under the old key is %+v", before)
	}
	after, err := r.Reseal(s.t.Context())
	must(s.t, err)
	if after.Live() != 0 || after.UnusedAfter.IsZero() {
		s.t.Errorf("left under the old key is %+v", after)
	}
}
