package main_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"miniflow/cmd/standalone/internal/kept"
)

// notePath is what people note about an order.
func notePath(no string) string { return "/v1/attention/" + appID + "/order:" + no }

// notes has somebody say something about an order of each merchant.
func (p *purging) notes() {
	p.t.Helper()
	for _, no := range []string{goneRuns, staysNo} {
		if answer := p.api(http.MethodPost, notePath(no)+"/comment", map[string]any{"text": noted(no)}); answer.status != http.StatusOK {
			p.t.Fatalf("%s: %s", no, answer)
		}
	}
}

func noted(no string) string { return "calls back about " + no }

// wantTheOthersNote: what was said about the merchant who goes is gone, what was said about the other is
// not.
func (p *purging) wantTheOthersNote() {
	p.t.Helper()
	for no, want := range map[string]int{goneRuns: 0, staysNo: 1} {
		item := decode[struct{ Comments []struct{ Text string } }](p.t, p.api(http.MethodGet, notePath(no), nil), http.StatusOK)
		if len(item.Comments) != want || want == 1 && item.Comments[0].Text != noted(no) {
			p.t.Errorf("about %s was said %+v", no, item.Comments)
		}
	}
}

// wantAuditLog: the log of the merchant's audit trail is whole, knows what was done with the other's
// order, and of the purge only that it was.
func (p *purging) wantAuditLog() {
	p.t.Helper()
	p.run(0, "audit", "verify", p.path("audit"))
	all := p.run(0, "audit", "list", p.path("audit"), "--limit=1000")
	for _, want := range []string{staysNo, `"purge"`, "comment-attention"} {
		if !strings.Contains(all, want) {
			p.t.Errorf("the audit log has no %s:\n%s", want, all)
		}
	}
}

// wantNoPage looks at every page of the console that could show one of some words. What is remembered
// may be a minute old.
func (p *purging) wantNoPage(words ...string) {
	p.t.Helper()
	password, err := os.ReadFile(p.path("console-password.txt"))
	if err != nil {
		p.t.Fatal(err)
	}
	console := &atConsole{standalone: p.standalone, base: p.at.API, browsers: map[string]*http.Client{"nobody": browser(nil)}}
	console.logIn(kept.AccountName, string(bytes.TrimSpace(password)))
	pages := []string{"", "/attention", "/orders", "/deliveries", "/deliveries?state=forwarded", "/mini-programs", "/audit"}
	for _, word := range words {
		pages = append(pages, "/orders?q="+url.QueryEscape(word))
	}
	for _, path := range pages {
		eventually(p.t, patience, path+" names nobody who is gone", func() error {
			text := string(console.get(kept.AccountName, "/console"+path).body)
			asked, _ := url.QueryUnescape(path)
			for _, word := range words {
				if !strings.HasSuffix(asked, "="+word) && strings.Contains(text, word) {
					return fmt.Errorf("%s is there", word)
				}
			}
			return nil
		})
	}
	for _, path := range []string{"orders/" + appID + "/" + goneEnded, "orders/" + appID + "/" + goneRuns} {
		if answer := console.get(kept.AccountName, "/console/"+path); answer.status != http.StatusNotFound {
			p.t.Errorf("%s: status %d", path, answer.status)
		}
	}
}
