package attention

import (
	"slices"
	"time"

	"miniflow/order"
)

// slack lets a digest be due a little early: a schedule is not always on the second.
const slack = 10

// maxLineReason bounds the reason on a line, in bytes.
const maxLineReason = 180

// Plan returns what a robot is told now of what is open, against its last list. complete is false where
// more is open than was read: then nothing counts as gone. A telling without a post is one that is
// kept all the same; nil is nothing to keep.
func (r Rules) Plan(appID string, open []Item, last Robot, complete bool, now time.Time) (posts []Post, quietly *Telling) {
	quiet, here := r.Quiet.Contains(now), map[string]bool{}
	var news, late []Item
	for _, item := range open {
		key := item.Key()
		here[key] = true
		at, told := last.Told[key]
		switch {
		case quiet && !slices.Contains(r.Urgent, item.Kind):
		case !told:
			news = append(news, item)
		case r.EscalateAfter > 0 && now.Sub(time.Unix(at, 0)) >= r.EscalateAfter && !slices.Contains(last.Escalated, key):
			late = append(late, item)
		}
	}
	var gone []string
	for key := range last.Told {
		if complete && !here[key] {
			gone = append(gone, key)
		}
	}
	slices.Sort(gone)
	if now.Sub(last.LastPost) < r.Every-r.Every/slack {
		news = nil // they stay news until the next digest is due
	}
	if len(late) > 0 {
		posts = append(posts, Post{Via: r.via(), Digest: digestOf(appID, late, len(open), 0, true), Telling: Telling{Robot: r.Name, At: now, Escalated: keysOf(late)}})
	}
	switch {
	case len(news) > 0:
		posts = append(posts, Post{Via: r.Name, Digest: digestOf(appID, news, len(open), len(gone), false),
			Telling: Telling{Robot: r.Name, Posted: true, At: now, News: keysOf(news), Gone: gone}})
	case len(gone) > 0:
		quietly = &Telling{Robot: r.Name, At: now, Gone: gone}
	}
	return posts, quietly
}

// via is the robot that escalations go to.
func (r Rules) via() string {
	if r.EscalateTo != "" {
		return r.EscalateTo
	}
	return r.Name
}

func keysOf(items []Item) []string {
	keys := make([]string, 0, len(items))
	for _, item := range items {
		keys = append(keys, item.Key())
	}
	return keys
}

func digestOf(appID string, items []Item, open, gone int, escalation bool) Digest {
	digest := Digest{AppID: appID, Escalation: escalation, Total: len(items), Open: open, Gone: gone}
	for _, kind := range Kinds() {
		count := 0
		for _, item := range items {
			if item.Kind == kind {
				count++
			}
		}
		if count > 0 {
			digest.Kinds = append(digest.Kinds, Counted{kind, count})
		}
	}
	short := func(own string) string { return order.CutText(own, maxLineReason) }
	for _, item := range items[:min(len(items), maxLines)] {
		digest.Lines = append(digest.Lines, Line{
			Kind: item.Kind, ShopName: item.ShopName, MerchantRef: item.MerchantRef, OutOrderNo: item.OutOrderNo, Since: item.Since,
			Reason: item.Reason.Map(short), Why: item.Why.Map(short),
		})
	}
	return digest
}
