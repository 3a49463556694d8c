package console

import (
	"testing"
	"time"

	"miniflow/order"
	"miniflow/words"
)

func at(language words.Language) wording {
	return wording{language: language, now: func() time.Time { return noon }}
}

// TestADurationIsSaidInOneUnit, the largest that it fills.
func TestADurationIsSaidInOneUnit(t *testing.T) {
	for _, c := range []struct {
		lasted           time.Duration
		english, chinese string
	}{
		{0, "less than a minute", "不到 1 分钟"}, {59 * time.Second, "less than a minute", "不到 1 分钟"}, {time.Minute, "1 minute", "1 分钟"},
		{2*time.Minute - 1, "1 minute", "1 分钟"}, {2 * time.Minute, "2 minutes", "2 分钟"}, {time.Hour - 1, "59 minutes", "59 分钟"}, {time.Hour, "1 hour", "1 小时"},
		{2*time.Hour - 1, "1 hour", "1 小时"}, {24*time.Hour - 1, "23 hours", "23 小时"}, {24 * time.Hour, "1 day", "1 天"}, {48*time.Hour - 1, "1 day", "1 天"}, {400 * 24 * time.Hour, "400 days", "400 天"},
	} {
		if english, chinese := at(words.English).lasted(c.lasted), at(words.Chinese).lasted(c.lasted); english != c.english || chinese != c.chinese {
			t.Errorf("%s is %q and %q, want %q and %q", c.lasted, english, chinese, c.english, c.chinese)
		}
		if ago, until := at(words.English).ago(noon.Add(-c.lasted)), at(words.English).ago(noon.Add(c.lasted)); ago != c.english || until != c.english {
			t.Errorf("%s ago and to come are %q and %q", c.lasted, ago, until)
		}
		if within := at(words.English).within(int64(c.lasted / time.Second)); c.lasted%time.Minute == 0 && c.lasted > 0 && within != c.english {
			t.Errorf("within %s is %q", c.lasted, within)
		}
	}
	for days, want := range map[int][2]string{12: {"12 days left", "还剩 12 天"}, 0: {"0 days left", "还剩 0 天"}, -1: {"over for 1 day", "已过期 1 天"}, -3: {"over for 3 days", "已过期 3 天"}} {
		if got := [2]string{at(words.English).left(days), at(words.Chinese).left(days)}; got != want {
			t.Errorf("%d days are %v, want %v", days, got, want)
		}
	}
}

// TestAMomentIsInBeijing: the day, the year and the hour are those of there.
func TestAMomentIsInBeijing(t *testing.T) {
	w := at(words.English)
	w.now = func() time.Time { return time.Date(2026, 12, 31, 16, 30, 0, 0, time.UTC) } // there it is 2027
	for _, c := range []struct {
		at           time.Time
		when, moment string
	}{
		{time.Date(2026, 12, 31, 15, 59, 59, 0, time.UTC), `<time datetime="2026-12-31T15:59:59Z" title="2026-12-31 23:59:59">2026-12-31 23:59</time>`, "2026-12-31 23:59:59"},
		{time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC), `<time datetime="2026-12-31T16:00:00Z" title="2027-01-01 00:00:00">01-01 00:00</time>`, "2027-01-01 00:00:00"},
		{time.Date(2027, 6, 1, 9, 0, 0, 0, time.FixedZone("", -7*3600)), `<time datetime="2027-06-01T16:00:00Z" title="2027-06-02 00:00:00">06-02 00:00</time>`, "2027-06-02 00:00:00"},
	} {
		if when, moment := w.when(c.at), w.moment(&c.at); string(when) != c.when || moment != c.moment {
			t.Errorf("%s is %s and %s", c.at, when, moment)
		}
	}
	for _, none := range []any{nil, time.Time{}, (*time.Time)(nil), &time.Time{}, "2026", 7} {
		if when, moment, ago := w.when(none), w.moment(none), w.ago(none); when != "–" || moment != "–" || ago != "" {
			t.Errorf("%v is %q, %q and %q", none, when, moment, ago)
		}
	}
}

// TestAnAddressHoldsAnything, and a query leaves out what is empty.
func TestAnAddressHoldsAnything(t *testing.T) {
	for got, want := range map[string]string{
		to(): "/console", to("orders", "a/b", "c d?e#f"): "/console/orders/a%2Fb/c%20d%3Fe%23f", to("orders", "..", "小"): "/console/orders/../%E5%B0%8F",
		filter(to("orders")): "/console/orders", filter(to("orders"), "q", "", "stage", order.StageOnline): "/console/orders?stage=online", filter("/console", "q", "a&b=c", "odd"): "/console?q=a%26b%3Dc",
		again("/console"): "/console?live=1", again("/console?q=x"): "/console?q=x&live=1", shortSum("abc"): "abc", shortSum(pictureSum): pictureSum[:12],
		percent(1, 3): "33 %", percent(0, 0): "–", percent(7, 0): "–", percent(3, 3): "100 %",
	} {
		if got != want {
			t.Errorf("it is %q, want %q", got, want)
		}
	}
}

// TestAPlotReachesItsTop, and draws nothing outside of itself.
func TestAPlotReachesItsTop(t *testing.T) {
	days := []day{{Day: "2026-11-17", Begun: 4, Online: 2, Rejected: 1}, {Day: "2026-11-18"}, {Day: "2026-11-19", Begun: 1, Online: 8}}
	p := plotOf(days)
	if p.Top != 8 || p.First != "2026-11-17" || p.Last != "2026-11-19" || len(p.Bars) != 9 {
		t.Fatalf("it is %+v", p)
	}
	highest := plotHeight * 1.0
	for _, bar := range p.Bars {
		highest = min(highest, bar.Y)
		if bar.X < 0 || bar.X+bar.Width > plotWidth || bar.Y < 0 || bar.Y+bar.Height > plotHeight || bar.Height < 0 || bar.Width <= 0 {
			t.Errorf("a bar is outside: %+v", bar)
		}
	}
	if highest != 0 {
		t.Errorf("the highest bar ends at %v", highest)
	}
	if none := plotOf(nil); len(none.Bars) != 0 || none.Top != 1 {
		t.Errorf("without days it is %+v", none)
	}
}

// TestALifeIsItsVisits: each stay once, with what was said meanwhile, until the next or now.
func TestALifeIsItsVisits(t *testing.T) {
	begun := noon.Add(-10 * time.Hour)
	item := func(hours int, event string, stage order.Stage, note string) order.TimelineItem {
		return order.TimelineItem{At: begun.Add(time.Duration(hours) * time.Hour), Event: event, Stage: stage, Note: words.Plain(note)}
	}
	view := order.View{Timeline: []order.TimelineItem{
		item(0, order.HappenedStageChanged, order.StageCreating, "created"), item(1, order.HappenedNotification, order.StageCreating, "came"),
		item(1, order.HappenedNotification, order.StageCreating, "came"), item(2, order.HappenedStageChanged, order.StageAuditing, ""),
		item(3, order.HappenedCommand, order.StageAuditing, "withdraw"), item(5, order.HappenedStageChanged, order.StageAuditing, "the same"),
	}}
	life := lifeOf(view, noon)
	if len(life) != 2 || life[0].Stage != order.StageCreating || life[0].Lasted != 2*time.Hour || len(life[0].Notes) != 1 || life[0].Now ||
		life[1].Lasted != 8*time.Hour || !life[1].Now || life[1].Ended || len(life[1].Notes) != 1 {
		t.Errorf("it is %+v", life)
	}
	view.Timeline = append(view.Timeline, item(6, order.HappenedFinished, order.StageCancelled, "the shop has closed"))
	life = lifeOf(view, noon)
	if last := life[len(life)-1]; len(life) != 3 || !last.Ended || last.Now || last.Stage != order.StageCancelled || life[1].Lasted != 4*time.Hour {
		t.Errorf("ended it is %+v", life)
	}
	if life := lifeOf(order.View{}, noon); len(life) != 0 {
		t.Errorf("without a timeline it is %+v", life)
	}
}

// TestAMomentInASentenceIsInBeijing, as every other on a page.
func TestAMomentInASentenceIsInBeijing(t *testing.T) {
	said := words.Plain("since 2026-12-31T16:00:00Z it waits; it tries again at 2027-01-01T02:00:00Z.")
	if got := at(words.English).plainly(said); got != "since 2027-01-01 00:00:00 it waits; it tries again at 2027-01-01 10:00:00." {
		t.Errorf("it says %q", got)
	}
}
