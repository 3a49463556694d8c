package durable_test

import (
	"net/url"
	"strings"
	"testing"

	"miniflow/words"
	"miniflow/workflows/durable"
)

// TestALongPageIsLeftOutByLines: what is on it is whole, it fits an address, and it says where the
// rest is.
func TestALongPageIsLeftOutByLines(t *testing.T) {
	line := "| 队列 | " + strings.Repeat("A-1, ", 40) + " |\n"
	paged := func(lines int) string {
		p := durable.NewPage(words.English, words.Plain("The rest: GET /v1/webhooks."))
		for range lines {
			p.Add(line, 0)
		}
		return p.String()
	}
	page := paged(100)
	before, found := strings.CutSuffix(page, "\nThe rest&#58; GET &#47;v1&#47;webhooks.\n")
	if size := len(url.QueryEscape(page)); !found || size >= 6<<10 || size < 4<<10 || strings.ReplaceAll(before, line, "") != "" {
		t.Errorf("it has %d bytes in an address:\n%s", len(url.QueryEscape(page)), page)
	}
	if page := paged(1); page != line {
		t.Errorf("a short one became %q", page)
	}
}

// TestAPartIsNotKeptOutByTheOneBefore: room that was left for it is its own, and a value is cut between
// characters.
func TestAPartIsNotKeptOutByTheOneBefore(t *testing.T) {
	p := durable.NewPage(words.Chinese, words.Plain("rest"))
	p.Row("page.since", words.Plain(strings.Repeat("面|", 1000)))
	p.Row("page.reason", words.Text{})
	for range 100 {
		p.Add(strings.Repeat("x", 100)+"\n", 1000)
	}
	p.Add("of a part that is full\n", 0)
	p.Part()
	p.Add("the next part\n", 0)
	page := p.String()
	if !strings.HasPrefix(page, "| 始于 | 面&#124;") || !strings.Contains(page, "… |\n") || strings.Contains(page, "full") || !strings.HasSuffix(page, "\nthe next part\n\nrest\n") {
		t.Errorf("it is\n%s", page)
	}
}
