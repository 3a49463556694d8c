package robots_test

import (
	"errors"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/temporal"

	"miniflow/activities/robots"
	"miniflow/activities/robots/groupsim"
	"miniflow/attention"
	"miniflow/internal/fetch"
	"miniflow/order"
	"miniflow/words"
)

var began = time.Date(2026, 11, 30, 2, 0, 0, 0, time.UTC)

// scene is a robot, its group, and what posts.
type scene struct {
	group    *groupsim.Group
	robot    robots.Robot
	digester *robots.Digester
	server   *httptest.Server
}

func open(t *testing.T, kind robots.Kind, secret string) *scene {
	t.Helper()
	now := func() time.Time { return began }
	s := &scene{group: &groupsim.Group{Kind: string(kind), Token: "canary-token", Secret: secret, Now: now}}
	s.server = httptest.NewServer(s.group)
	t.Cleanup(s.server.Close)
	guard, err := fetch.NewGuard([]string{s.server.Listener.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	s.robot = robots.Robot{
		Rules: attention.Rules{Name: "service"}, Kind: kind, URL: s.server.URL + s.group.Path(), Secret: secret,
		Language: words.Chinese, Mention: []string{"u1"},
	}
	s.digester = &robots.Digester{
		Robots: map[string][]robots.Robot{}, Poster: robots.Targets(guard.Client(5*time.Second), fetch.Forbidden, now),
		Console: "https://miniflow.example.com/console/attention", Now: now,
	}
	return s
}

func (s *scene) post(t *testing.T, digest attention.Digest) error {
	t.Helper()
	return s.digester.Post(t.Context(), s.robot, digest)
}

// forty is a digest of forty rejected orders.
func forty() attention.Digest {
	digest := attention.Digest{AppID: "2021", Total: 40, Open: 44, Gone: 3, Kinds: []attention.Counted{{Kind: attention.KindAuditRejected, Count: 38}, {Kind: attention.KindNeedsInput, Count: 2}}}
	for range 10 {
		digest.Lines = append(digest.Lines, attention.Line{
			Kind: attention.KindAuditRejected, ShopName: "巷口小面", MerchantRef: "shop-7", Reason: words.Plain("类目不符"), Since: began,
		})
	}
	return digest
}

// TestEachKindTakesADigest in its own format, signed its own way, with what is new and a link.
func TestEachKindTakesADigest(t *testing.T) {
	for _, kind := range robots.Kinds() {
		secret := "SEC-of-the-robot"
		if kind == robots.WeCom {
			secret = ""
		}
		s := open(t, kind, secret)
		if err := s.post(t, forty()); err != nil {
			t.Errorf("%s: %v, %v", kind, err, s.group.Refusals())
			continue
		}
		got := s.group.Messages()[0]
		if got.Title != "新增待办 40 项 · 应用 2021" {
			t.Errorf("%s: the title is %q", kind, got.Title)
		}
		for _, part := range []string{"审核驳回 38", "需补正资料 2", "巷口小面（shop-7）", "审核驳回：类目不符", "另有 30 项", "共 44 项无人处理", "3 项已无需处理"} {
			if !strings.Contains(got.Text, part) {
				t.Errorf("%s: %q is missing in %s", kind, part, got.Text)
			}
		}
		if link := s.digester.Console; !strings.Contains(got.Text, "]("+link+")") && (len(got.Links) != 1 || got.Links[0] != link) {
			t.Errorf("%s: no link in %+v", kind, got)
		}
		if len(got.Mentions) != 0 {
			t.Errorf("%s: a digest names %v", kind, got.Mentions)
		}
	}
}

// TestARobotSaysWhyAnOrderIsStuck in the words that the API, the console and lists have, in the robot's
// language, and briefly where ten sentences are too long for a message.
func TestARobotSaysWhyAnOrderIsStuck(t *testing.T) {
	next := began.Add(time.Hour)
	view := order.View{
		Stage: order.StageAuditRejected, StageSince: began, WaitingFor: words.New("wait.resubmit"), NextLook: &next, LookEvery: 60,
		Commands: []order.Command{order.CommandResubmit},
		LastTry:  &order.Try{Method: "alipay.open.mini.version.audit.apply", At: began, Code: "LOGO_IS_BLANK", Answer: words.Plain("图标不能为空")},
	}.Explained(began)
	for _, kind := range robots.Kinds() {
		for _, language := range words.Languages() {
			s := open(t, kind, "")
			s.robot.Language = language
			one, ten := forty(), forty()
			for i := range ten.Lines {
				ten.Lines[i].Why = view.Why
			}
			one.Lines, one.Total = ten.Lines[:1], 1
			if err := errors.Join(s.post(t, one), s.post(t, ten)); err != nil {
				t.Fatalf("%s: %v, %v", kind, err, s.group.Refusals())
			}
			got := s.group.Messages()
			if why := view.Why.In(language); !strings.Contains(plainOf(got[0].Text), plainOf(why)) || !strings.Contains(why, "LOGO_IS_BLANK") {
				t.Errorf("%s: %q is not in %s", kind, why, got[0].Text)
			}
			if named := strings.Count(got[1].Text, "shop-7"); named != 10 {
				t.Errorf("%s: of ten orders %d are named", kind, named)
			}
		}
	}
}

// plainOf undoes what robots widen, so that texts can be compared.
func plainOf(text string) string {
	return strings.NewReplacer("＿", "_", "（", "(", "）", ")").Replace(text)
}

// TestAnEscalationNamesPeople and a test says that it is one.
func TestAnEscalationNamesPeople(t *testing.T) {
	for _, kind := range robots.Kinds() {
		s := open(t, kind, "")
		late := forty()
		late.Escalation = true
		if err := errors.Join(s.post(t, late), s.post(t, attention.Digest{AppID: "2021", Test: true})); err != nil {
			t.Fatalf("%s: %v, %v", kind, err, s.group.Refusals())
		}
		got := s.group.Messages()
		if diff := cmp.Diff([]string{"u1"}, got[0].Mentions); diff != "" || !strings.Contains(got[0].Title, "仍有 40 项无人处理") {
			t.Errorf("%s: %s %q", kind, diff, got[0].Title)
		}
		if !strings.Contains(got[1].Title, "测试消息") || !strings.Contains(got[1].Text, "service") {
			t.Errorf("%s: the test is %+v", kind, got[1])
		}
	}
	s := open(t, robots.DingTalk, "")
	s.robot.Mention = []string{"all"}
	late := forty()
	late.Escalation = true
	if err := s.post(t, late); err != nil || s.group.Messages()[0].Mentions[0] != "all" {
		t.Errorf("%v, %+v", err, s.group.Messages())
	}
}

// TestNothingFromOutsideBeginsAMarkUp: audit reasons and shop names are other people's.
func TestNothingFromOutsideBeginsAMarkUp(t *testing.T) {
	evil := "[点我](https://evil.example)\n# 大标题 **粗** <font color=\"red\">x</font> <@all> @all ![i](http://x) `c` > q | t ~s~ \u202eabc www.evil.example"
	for _, kind := range []robots.Kind{robots.DingTalk, robots.WeCom} {
		s := open(t, kind, "")
		digest := attention.Digest{AppID: "2021", Total: 1, Open: 1, Kinds: []attention.Counted{{Kind: attention.KindAuditRejected, Count: 1}},
			Lines: []attention.Line{{Kind: attention.KindAuditRejected, ShopName: evil, MerchantRef: "-" + evil, Reason: words.Plain(evil)}}}
		if err := s.post(t, digest); err != nil {
			t.Fatal(err, s.group.Refusals())
		}
		text := strings.Replace(s.group.Messages()[0].Text, "](https://miniflow.example.com/console/attention)", "", 1)
		for _, mark := range []string{"](", "<", "@", "`", "://", "![", "\n# ", "\u202e", "|", "~", "www."} {
			if strings.Contains(text, mark) {
				t.Errorf("%s: %q is left in %s", kind, mark, text)
			}
		}
		if strings.Count(text, "**") != 2 {
			t.Errorf("%s: bold begins elsewhere: %s", kind, text)
		}
	}
}

// TestALongMessageIsShortened to what 企业微信 takes, and says how much is left out.
func TestALongMessageIsShortened(t *testing.T) {
	s := open(t, robots.WeCom, "")
	digest := forty()
	for i := range digest.Lines {
		digest.Lines[i].ShopName, digest.Lines[i].Reason = strings.Repeat("长", 100), words.Plain(strings.Repeat("由", 60))
	}
	if err := s.post(t, digest); err != nil {
		t.Fatal(err, s.group.Refusals())
	}
	if text := s.group.Messages()[0].Text; len(text) > 4096 || !strings.Contains(text, "另有 3") || strings.Contains(text, "另有 30 项") {
		t.Errorf("%d bytes: %s", len(text), text)
	}
}

// TestARefusalSaysWhatToDo and repeats no address, no token and nothing that the answer said.
func TestARefusalSaysWhatToDo(t *testing.T) {
	for name, test := range map[string]struct {
		kind   robots.Kind
		change func(*scene)
		says   string
		again  bool
	}{
		"another secret, 钉钉":    {robots.DingTalk, func(s *scene) { s.robot.Secret = "another" }, "compare the secret", false},
		"another secret, 飞书":    {robots.Feishu, func(s *scene) { s.robot.Secret = "another" }, "compare the secret", false},
		"another token, 钉钉":     {robots.DingTalk, func(s *scene) { s.robot.URL = strings.Replace(s.robot.URL, "canary-token", "canary-other", 1) }, "copy it anew", false},
		"another key, 企业微信":     {robots.WeCom, func(s *scene) { s.robot.URL = strings.Replace(s.robot.URL, "canary-token", "canary-other", 1) }, "copy it anew", false},
		"another token, 飞书":     {robots.Feishu, func(s *scene) { s.robot.URL = strings.Replace(s.robot.URL, "canary-token", "canary-other", 1) }, "copy it anew", false},
		"another kind":          {robots.DingTalk, func(s *scene) { s.robot.Kind = robots.Feishu }, "no robot of this kind", false},
		"down":                  {robots.WeCom, func(s *scene) { s.group.Fail(1) }, "answered 502", true},
		"nobody listens":        {robots.WeCom, func(s *scene) { s.server.Close() }, "could not be reached", true},
		"too many, 钉钉":          {robots.DingTalk, func(s *scene) { s.group.PerMinute = -1 }, "no more messages for now", true},
		"too many, 企业微信":        {robots.WeCom, func(s *scene) { s.group.PerMinute = -1 }, "no more messages for now", true},
		"too many, 飞书":          {robots.Feishu, func(s *scene) { s.group.PerMinute = -1 }, "no more messages for now", true},
		"not allowed":           {robots.WeCom, func(s *scene) { s.robot.URL = "http://127.0.0.1:9/canary-token" }, "files.allow", true},
		"an answer that breaks": {robots.Feishu, func(s *scene) { s.group.Lose(1) }, "could not be reached", true},
	} {
		s := open(t, test.kind, map[robots.Kind]string{robots.DingTalk: "SEC", robots.Feishu: "SEC"}[test.kind])
		test.change(s)
		err := s.post(t, forty())
		var refused *temporal.ApplicationError
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !strings.Contains(err.Error(), test.says) || refused.NonRetryable() == test.again {
			t.Errorf("%s: %v, tried again: %t", name, err, !refused.NonRetryable())
		}
		if host, _ := url.Parse(s.server.URL); strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), host.Host) || strings.Contains(err.Error(), "SEC") {
			t.Errorf("%s: the error says where: %v", name, err)
		}
		if strings.HasPrefix(name, "too many") && refused.NextRetryDelay() < time.Minute {
			t.Errorf("%s: again in %s", name, refused.NextRetryDelay())
		}
	}
}
