package attention_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/attention"
	"miniflow/words"
)

// noon is one in Beijing.
var noon = time.Date(2026, 11, 30, 4, 0, 0, 0, time.UTC)

func rejected(no int) attention.Item {
	return attention.Item{
		ID: attention.Named("order", fmt.Sprint("o", no)), AppID: "2021", Kind: attention.KindAuditRejected, Since: noon.Add(-time.Hour),
		MerchantRef: fmt.Sprint("shop-", no), ShopName: "巷口小面", Reason: words.Plain("类目不符"),
	}
}

func many(n int) []attention.Item {
	items := make([]attention.Item, 0, n)
	for i := range n {
		items = append(items, rejected(i))
	}
	return items
}

// told is what a robot knows after the digests of some moments.
type told struct {
	t      *testing.T
	rules  attention.Rules
	robots attention.Robots
	notes  attention.Notes
}

func (r *told) digest(items []attention.Item, at time.Time) []attention.Post {
	r.t.Helper()
	open := r.rules.Open(items, r.notes, at)
	posts, quietly := r.rules.Plan("2021", open, r.robots[r.rules.Name], true, at)
	if quietly != nil {
		quietly.Robots = []string{r.rules.Name}
		r.robots.Tell(*quietly)
	}
	for _, post := range posts {
		post.Telling.Robots = []string{r.rules.Name}
		if err := post.Telling.Judge(); err != nil {
			r.t.Error(err)
		}
		r.robots.Tell(post.Telling)
	}
	return posts
}

func newTold(t *testing.T) *told {
	return &told{t: t, rules: attention.Rules{Name: "service", Every: 10 * time.Minute}, robots: attention.Robots{}}
}

// TestADigestSaysTheDifference to the last list: forty at once, then nothing, then what has come.
func TestADigestSaysTheDifference(t *testing.T) {
	r := newTold(t)
	first := r.digest(many(40), noon)
	if len(first) != 1 || first[0].Digest.Total != 40 || first[0].Digest.Open != 40 || len(first[0].Digest.Lines) != 10 || first[0].Via != "service" {
		t.Fatalf("forty are told as %+v", first)
	}
	if diff := cmp.Diff([]attention.Counted{{Kind: attention.KindAuditRejected, Count: 40}}, first[0].Digest.Kinds); diff != "" {
		t.Error(diff)
	}
	if again := r.digest(many(40), noon.Add(10*time.Minute)); len(again) != 0 {
		t.Errorf("without a change it is told %+v", again)
	}
	third := r.digest(append(many(41)[2:], many(43)[41:]...), noon.Add(20*time.Minute))
	if len(third) != 1 || third[0].Digest.Total != 3 || third[0].Digest.Gone != 2 || third[0].Digest.Open != 41 {
		t.Errorf("three that have come, and two that have gone, are told as %+v", third)
	}
	back := rejected(0)
	back.Since = noon.Add(time.Hour) // rejected once more
	if posts := r.digest(append(many(43)[2:], back), noon.Add(2*time.Hour)); len(posts) != 1 || posts[0].Digest.Total != 1 {
		t.Errorf("one that has come again is told as %+v", posts)
	}
}

// TestADigestIsNotDueYet keeps the news for the next, and forgets none.
func TestADigestIsNotDueYet(t *testing.T) {
	r := newTold(t)
	r.digest(many(1), noon)
	if posts := r.digest(many(2), noon.Add(5*time.Minute)); len(posts) != 0 {
		t.Errorf("after five minutes: %+v", posts)
	}
	if posts := r.digest(many(3), noon.Add(9*time.Minute+30*time.Second)); len(posts) != 1 || posts[0].Digest.Total != 2 {
		t.Errorf("after ten, told a little early: %+v", posts)
	}
}

// TestQuietHoursCollect, over midnight too, and let what is urgent through.
func TestQuietHoursCollect(t *testing.T) {
	r := newTold(t)
	r.rules.Quiet = attention.Hours{From: 22 * 60, To: 8 * 60}
	r.rules.Urgent = []attention.Kind{attention.KindWebhookDown}
	night := noon.Add(11 * time.Hour) // 23:00
	if posts := r.digest(many(40), night); len(posts) != 0 {
		t.Errorf("at night: %+v", posts)
	}
	down := attention.Item{ID: "webhook", AppID: "2021", Kind: attention.KindWebhookDown, Since: night}
	if posts := r.digest(append(many(40), down), night.Add(time.Hour)); len(posts) != 1 || posts[0].Digest.Total != 1 || posts[0].Digest.Kinds[0].Kind != attention.KindWebhookDown {
		t.Errorf("what is urgent: %+v", posts)
	}
	down.Since = night.Add(3 * time.Hour) // it fails still
	if posts := r.digest(append(many(40), down), night.Add(3*time.Hour)); len(posts) != 0 {
		t.Errorf("what is urgent, again: %+v", posts)
	}
	if posts := r.digest(append(many(40), down), night.Add(9*time.Hour)); len(posts) != 1 || posts[0].Digest.Total != 40 {
		t.Errorf("at eight: %+v", posts)
	}
	for at, quiet := range map[string]bool{"21:59": false, "22:00": true, "07:59": true, "08:00": false} {
		moment, err := time.ParseInLocation("15:04", at, attention.Beijing)
		if err != nil || r.rules.Quiet.Contains(moment) != quiet {
			t.Errorf("%s is quiet: %t", at, !quiet)
		}
	}
	if (attention.Hours{}).Contains(noon) || !(attention.Hours{From: 11 * 60, To: 13 * 60}).Contains(noon) {
		t.Error("no hours are quiet, or noon is not between eleven and one")
	}
}

// TestWhatNobodyHasTakenIsEscalatedOnce, to another robot; what somebody has taken, or snoozed, is not.
func TestWhatNobodyHasTakenIsEscalatedOnce(t *testing.T) {
	r := newTold(t)
	r.rules.EscalateAfter, r.rules.EscalateTo = 2*time.Hour, "leads"
	items := many(4)
	r.digest(items, noon)
	r.notes.Instruct(attention.Instruction{ID: "order:o0", Action: attention.ActionAssign, Actor: "operator-1", To: "operator-1"}, noon)
	r.notes.Instruct(attention.Instruction{ID: "order:o1", Action: attention.ActionSnooze, Actor: "operator-1", Until: noon.Add(24 * time.Hour)}, noon)
	if posts := r.digest(items, noon.Add(time.Hour)); len(posts) != 0 {
		t.Errorf("too early: %+v", posts)
	}
	posts := r.digest(items, noon.Add(2*time.Hour))
	if len(posts) != 1 || posts[0].Via != "leads" || !posts[0].Digest.Escalation || posts[0].Digest.Total != 2 {
		t.Errorf("escalated: %+v", posts)
	}
	if posts := r.digest(items, noon.Add(4*time.Hour)); len(posts) != 0 {
		t.Errorf("escalated again: %+v", posts)
	}
	if posts := r.digest(items, noon.Add(25*time.Hour)); len(posts) != 1 || posts[0].Digest.Total != 1 || posts[0].Digest.Escalation {
		t.Errorf("what was snoozed comes back: %+v", posts)
	}
}

// TestARobotIsToldOfItsMerchants, and of what is about none only where it has no merchants of its own.
func TestARobotIsToldOfItsMerchants(t *testing.T) {
	r := newTold(t)
	items := append(many(20), attention.Item{ID: "webhook", AppID: "2021", Kind: attention.KindWebhookDown, Since: noon})
	for pattern, want := range map[string]int{"shop-1": 1, "shop-1*": 11, "cafe-*": 0, "*": 20} {
		r.rules.Merchants = []string{pattern}
		if open := r.rules.Open(items, nil, noon); len(open) != want {
			t.Errorf("of %s it is told %d, want %d", pattern, len(open), want)
		}
	}
}

// TestAListThatIsNotWholeForgetsNothing, since what is missing may be on what was not read.
func TestAListThatIsNotWholeForgetsNothing(t *testing.T) {
	r := newTold(t)
	r.digest(many(5), noon)
	if posts, quietly := r.rules.Plan("2021", many(3), r.robots["service"], false, noon.Add(time.Hour)); posts != nil || quietly != nil {
		t.Errorf("%+v %+v", posts, quietly)
	}
	r.digest(many(3), noon.Add(time.Hour))
	if len(r.robots["service"].Told) != 3 {
		t.Errorf("it knows %d, want 3", len(r.robots["service"].Told))
	}
}
