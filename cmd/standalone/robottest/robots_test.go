package robottest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"

	"miniflow/attention"
	"miniflow/internal/config"
	"miniflow/order"
)

// quietNow are quiet hours around this moment.
func quietNow(robot *config.Robot) {
	now := time.Now().In(attention.Beijing)
	robot.QuietHours = now.Add(-time.Hour).Format("15:04") + "-" + now.Add(time.Hour).Format("15:04")
}

type listed struct {
	Items []struct {
		ID         string `json:"id"`
		AssignedTo string `json:"assigned_to"`
		Comments   []struct {
			By, Text string
		} `json:"comments"`
	} `json:"items"`
	Counts map[attention.Kind]int `json:"counts"`
}

// TestFortyMerchantsAreOneMessage lives the days of three groups: what comes at night is told in one
// message in the morning, once; a robot that is down loses nothing; what nobody has taken is escalated
// once; and without robots there is no schedule any more.
func TestFortyMerchantsAreOneMessage(t *testing.T) {
	s := newStage(t)
	t.Cleanup(s.end)
	s.serve(s.robot("dingtalk", quietNow), s.robot("wecom", quietNow), s.robot("feishu", quietNow))
	for no := range 40 {
		s.start(no)
	}
	s.until("forty that need a person", func() bool {
		var all listed
		s.call(http.MethodGet, "/v1/attention?limit=1&app_id="+appID, nil, &all)
		return all.Counts[attention.KindNeedsApproval] == 40
	})
	s.digests(3)
	for kind, group := range s.groups {
		if group.Posts() != 0 {
			t.Errorf("%s is told at night", kind)
		}
	}

	s.serve(s.robot("dingtalk", nil), s.robot("wecom", nil), s.robot("feishu", nil))
	for kind, group := range s.groups {
		s.until("the morning's message to "+kind, func() bool { return len(group.Messages()) > 0 })
	}
	s.digests(4)
	for kind, group := range s.groups {
		got := group.Messages()
		if len(got) != 1 || !strings.Contains(got[0].Title, "40 项") || !strings.Contains(got[0].Text, "待批准 40") || !strings.Contains(got[0].Text, "另有 30 项") || len(group.Refusals()) != 0 {
			t.Errorf("%s has got %+v, and refused %v", kind, got, group.Refusals())
		}
	}

	s.downAndAgain()
	s.escalates()
	s.serve()
	s.until("the schedule to go", func() bool {
		_, err := s.temporal.ScheduleClient().GetHandle(t.Context(), order.DigestID(appID)).Describe(t.Context())
		var missing *serviceerror.NotFound
		return errors.As(err, &missing)
	})
	s.end()
	s.keepsSecrets()
}

// downAndAgain: a robot is down for three posts while one more order comes, and an answer is lost.
func (s *stage) downAndAgain() {
	s.t.Helper()
	group := s.groups["dingtalk"]
	group.Fail(2)
	s.start(40)
	s.until("the message after the trouble", func() bool { return len(group.Messages()) == 2 })
	if got := group.Messages()[1]; !strings.Contains(got.Title, "1 项") || !strings.Contains(got.Text, "巷口小面40") {
		s.t.Errorf("after the trouble came %+v", got)
	}
	s.until("the others", func() bool { return len(s.groups["wecom"].Messages()) == 2 && len(s.groups["feishu"].Messages()) == 2 })
	s.digests(3)
	// A message whose answer is lost comes once more: robots know no repetition.
	group.Lose(1)
	s.start(41)
	s.until("the message once more", func() bool { return len(group.Messages()) == 4 })
	s.digests(3)
	if got := group.Messages(); len(got) != 4 || got[2].Title != got[3].Title {
		s.t.Errorf("it has got %d messages, the last %+v", len(got), got[len(got)-1])
	}
}

// escalates: of 42 one is taken and one snoozed; forty are escalated, once, to another group.
func (s *stage) escalates() {
	s.t.Helper()
	one := func(no int, what string, body map[string]any) {
		s.call(http.MethodPost, fmt.Sprintf("/v1/attention/%s/order:shop-%d/%s", appID, no, what), body, nil)
	}
	one(0, "assign", map[string]any{"to": "operator-1"})
	one(0, "comment", map[string]any{"text": "canary-comment: 商家今天提供新资料"})
	one(1, "snooze", map[string]any{"until": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)})
	var all listed
	s.call(http.MethodGet, "/v1/attention?assigned_to=operator-1", nil, &all)
	if len(all.Items) != 1 || len(all.Items[0].Comments) != 1 || all.Items[0].Comments[0].By != "test" || !strings.Contains(all.Items[0].Comments[0].Text, "canary-comment") {
		s.t.Errorf("what operator-1 has taken is %+v", all.Items)
	}
	before := len(s.groups["feishu"].Messages())
	s.serve(s.robot("dingtalk", func(robot *config.Robot) {
		robot.EscalateAfter, robot.EscalateTo = order.Duration(time.Second), "feishu"
	}), s.robot("feishu", func(robot *config.Robot) { robot.Mention = []string{"ou_lead"} }))
	s.until("the escalation", func() bool { return len(s.groups["feishu"].Messages()) > before })
	s.digests(3)
	got := s.groups["feishu"].Messages()[before:]
	if len(got) != 1 || !strings.Contains(got[0].Title, "仍有 40 项无人处理") || len(got[0].Mentions) != 1 || got[0].Mentions[0] != "ou_lead" {
		s.t.Errorf("escalated was %+v", got)
	}
}

// keepsSecrets: neither a robot's address nor what is personal stands in the log, in a message or in what
// Temporal has on its disk.
func (s *stage) keepsSecrets() {
	s.t.Helper()
	places := map[string]string{"the log": s.log.String(), "Temporal's files": s.stored()}
	for kind, group := range s.groups {
		for _, message := range group.Messages() {
			places["a message to "+kind] += fmt.Sprint(message)
		}
	}
	for place, text := range places {
		if len(text) < 100 {
			s.t.Errorf("%s has %d bytes, which proves nothing", place, len(text))
		}
		for _, secret := range []string{"canary-token", "canary-secret", "canary-comment", "canary-contact", "13800138000", "91330100CANARY799Y"} {
			if strings.Contains(text, secret) {
				s.t.Errorf("%s shows %s", place, secret)
			}
		}
	}
}
