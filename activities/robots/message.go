package robots

import (
	"slices"
	"strings"

	"miniflow/attention"
	"miniflow/internal/harmless"
	"miniflow/order"
	"miniflow/words"
)

// message is a digest in a language, in parts that each kind of robot puts together. No part is escaped.
type message struct {
	title   string
	summary string
	items   []item
	more    int
	notes   []string
	// link leads to the console; empty where nobody knows where that is.
	link, linkText string
	mention        []string
	say            func(words.Text) string
}

// item is one line: who, and what, in a sentence and in a few words.
type item struct{ name, what, brief string }

// maxWhat bounds what is said of an item in a few words, and maxWhy the sentence, in bytes.
const (
	maxWhat = 240
	maxWhy  = 900
)

// newMessage says a digest. console is where people reach it.
func newMessage(robot Robot, digest attention.Digest, console string) message {
	m := message{link: console, say: func(text words.Text) string { return harmless.Line(text.In(robot.Language), ' ') }}
	m.linkText = m.say(words.New("robot.console"))
	switch {
	case digest.Test:
		m.title, m.summary = m.say(words.New("robot.test", digest.AppID)), m.say(words.New("robot.test_text", robot.Name))
		return m
	case digest.Escalation:
		m.title, m.mention = m.say(words.New("robot.escalation", digest.Total, digest.AppID)), robot.Mention
	default:
		m.title = m.say(words.New("robot.digest", digest.Total, digest.AppID))
	}
	var kinds []string
	for _, one := range digest.Kinds {
		kinds = append(kinds, m.say(words.New("robot.count", one.Kind.Text(), one.Count)))
	}
	m.summary = strings.Join(kinds, " · ")
	for _, line := range digest.Lines {
		m.items = append(m.items, item{name: m.nameOf(line), what: m.whyOf(line), brief: m.whatOf(line)})
	}
	m.more = digest.Total - len(digest.Lines)
	m.notes = append(m.notes, m.say(words.New("robot.open", digest.Open)))
	if digest.Gone > 0 {
		m.notes = append(m.notes, m.say(words.New("robot.gone", digest.Gone)))
	}
	return m
}

// nameOf is the shop, with the ISV's own id of it, or the order where there is none.
func (m message) nameOf(line attention.Line) string {
	switch {
	case line.ShopName != "" && line.MerchantRef != "":
		return m.say(words.New("robot.shop", words.Plain(line.ShopName), words.Plain(line.MerchantRef)))
	case line.ShopName != "":
		return m.say(words.Plain(line.ShopName))
	case line.MerchantRef != "":
		return m.say(words.Plain(line.MerchantRef))
	}
	return m.say(words.Plain(line.OutOrderNo))
}

func (m message) whatOf(line attention.Line) string {
	what := m.say(line.Kind.Text())
	if reason := m.say(line.Reason); reason != "" {
		what = m.say(words.New("robot.because", words.Plain(what), words.Plain(reason)))
	}
	return order.CutText(what, maxWhat)
}

// whyOf is the sentence that says why an order is stuck, in the same words as everywhere, and the few
// words where there is none.
func (m message) whyOf(line attention.Line) string {
	if line.Why.IsZero() {
		return m.whatOf(line)
	}
	return order.CutText(m.say(words.New("robot.because", line.Kind.Text(), line.Why)), maxWhy)
}

// briefly says each item in a few words.
func (m message) briefly() message {
	m.items = slices.Clone(m.items)
	for i := range m.items {
		m.items[i].what = m.items[i].brief
	}
	return m
}

// shorter names one item less, and counts it.
func (m message) shorter() message {
	m.items = m.items[:len(m.items)-1]
	m.more++
	return m
}

// rest says how many items are not named; empty where none are left out.
func (m message) rest() string {
	if m.more == 0 {
		return ""
	}
	return m.say(words.New("robot.more", m.more))
}

// markdown is the message in what the Markdown of 钉钉 and that of 企业微信 have in common: headings, bold,
// links, and lines that begin with a mark.
func (m message) markdown(mark string, mention func(id string) string) string {
	var b strings.Builder
	b.WriteString("### " + plain(m.title) + "\n\n" + plain(m.summary) + "\n")
	for _, one := range m.items {
		b.WriteString(mark)
		if one.name != "" {
			b.WriteString("**" + plain(one.name) + "** ")
		}
		b.WriteString(plain(one.what))
	}
	if rest := m.rest(); rest != "" {
		b.WriteString(mark + plain(rest))
	}
	b.WriteString("\n")
	for _, note := range m.notes {
		b.WriteString("\n" + plain(note) + "\n")
	}
	if m.link != "" {
		b.WriteString("\n[" + plain(m.linkText) + "](" + m.link + ")\n")
	}
	for _, id := range m.mention {
		if id != mentionAll {
			b.WriteString(mention(id) + " ")
		}
	}
	return strings.TrimRight(b.String(), " \n")
}

// paragraphs is the message as 飞书 takes a post: lines of parts.
func (m message) paragraphs() [][]map[string]string {
	text := func(text string) map[string]string { return map[string]string{"tag": "text", "text": text} }
	lines := [][]map[string]string{{text(m.summary)}}
	for _, one := range m.items {
		lines = append(lines, []map[string]string{text(strings.TrimSpace("• " + one.name + " " + one.what))})
	}
	for _, note := range append([]string{m.rest()}, m.notes...) {
		if note != "" {
			lines = append(lines, []map[string]string{text(note)})
		}
	}
	if m.link != "" {
		lines = append(lines, []map[string]string{{"tag": "a", "text": m.linkText, "href": m.link}})
	}
	var people []map[string]string
	for _, id := range m.mention {
		people = append(people, map[string]string{"tag": "at", "user_id": id})
	}
	if len(people) > 0 {
		lines = append(lines, people)
	}
	return lines
}

// widened are the characters that begin something in either Markdown, or mention somebody, each with one
// that looks like it and begins nothing. Neither robot documents an escape, so there is none to rely on.
var widened = strings.NewReplacer(
	"\\", "＼", "`", "｀", "*", "＊", "_", "＿", "{", "｛", "}", "｝", "[", "［", "]", "］", "(", "（", ")", "）",
	"<", "＜", ">", "＞", "#", "＃", "+", "＋", "!", "！", "|", "｜", "~", "～", "&", "＆", "@", "＠", "://", "：//", "www.", "www．",
)

// plain is text that is shown as it is.
func plain(text string) string {
	text = widened.Replace(text)
	if strings.HasPrefix(text, "-") || strings.HasPrefix(text, "=") { // a list, or what makes a heading of the line above
		return "－" + text[1:]
	}
	return text
}
