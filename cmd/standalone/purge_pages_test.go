package main_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// otherNote is said about the merchant who stays.
const otherNote = "the other merchant calls back on Monday"

// notes has people note something about an order and the mini program of the merchant who goes, and
// about an order of the one who stays.
func (p *purging) notes(miniAppID string) {
	p.t.Helper()
	for path, body := range map[string]map[string]any{
		"order:" + goneRuns + "/assign":          {"to": "operator-1"},
		"order:" + goneRuns + "/comment":         {"text": goneShop + " calls back on Friday"},
		"mini-program:" + miniAppID + "/comment": {"text": "of " + goneShop},
		"order:" + staysNo + "/comment":          {"text": otherNote},
	} {
		if answer := p.api(http.MethodPost, "/v1/attention/"+appID+"/"+path, body); answer.status != http.StatusOK {
			p.t.Fatalf("%s: %s", path, answer)
		}
	}
}

// wantNoteOfTheOther: a note that is made now shows those that were kept before.
func (p *purging) wantNoteOfTheOther() {
	p.t.Helper()
	answer := p.api(http.MethodPost, "/v1/attention/"+appID+"/order:"+staysNo+"/assign", map[string]any{"to": "operator-2"})
	item := decode[struct {
		Comments []struct{ Text string }
	}](p.t, answer, http.StatusOK)
	if len(item.Comments) != 1 || item.Comments[0].Text != otherNote {
		p.t.Errorf("of the other merchant is noted %+v", item)
	}
}

// wantNoPage: no page of the console shows the merchant, whatever is searched; the other one is found.
func (p *purging) wantNoPage() {
	p.t.Helper()
	password, err := os.ReadFile(p.path("console-password.txt"))
	if err != nil {
		p.t.Fatal(err)
	}
	c := &atConsole{standalone: p.standalone, base: p.at.API, browsers: map[string]*http.Client{"nobody": browser(nil)}}
	c.logInWith("operator", strings.TrimSpace(string(password)))
	for path, canaries := range map[string][]string{
		"/console":           {goneRef, goneShop, goneRuns, goneEnded},
		"/console/attention": {goneRef, goneShop, goneRuns, goneEnded},
		"/console/orders":    {goneRef, goneShop, goneRuns, goneEnded},
		// A page shows what was searched.
		"/console/orders?q=" + url.QueryEscape(goneShop): {goneRef, goneRuns, goneEnded},
		"/console/orders?q=" + goneRef:                   {goneShop, goneRuns, goneEnded},
		"/console/orders?q=" + goneRuns:                  {goneShop, goneRef, goneEnded},
	} {
		answer := c.get("operator", path)
		if answer.status != http.StatusOK {
			p.t.Errorf("%s: %d", path, answer.status)
		}
		for _, canary := range canaries {
			if strings.Contains(string(answer.body), canary) {
				p.t.Errorf("%s shows %q", path, canary)
			}
		}
	}
	for no, status := range map[string]int{goneRuns: http.StatusNotFound, goneEnded: http.StatusNotFound, staysNo: http.StatusOK} {
		if answer := c.get("operator", "/console/orders/"+appID+"/"+no); answer.status != status || strings.Contains(string(answer.body), goneShop) {
			p.t.Errorf("the page of %s: %d", no, answer.status)
		}
	}
	if answer := c.get("operator", "/console/orders?q="+staysRef); !strings.Contains(string(answer.body), staysNo) {
		p.t.Errorf("the other merchant is not found: %d", answer.status)
	}
}

// wantWholeAudit: the log says that something was erased, and its chain holds.
func (p *purging) wantWholeAudit() {
	p.t.Helper()
	out, _ := p.plain(0, "audit", "verify", p.path("audit"))
	var report struct {
		Chains []struct{ Erased int }
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		p.t.Fatalf("%s: %v", out, err)
	}
	erased := 0
	for _, chain := range report.Chains {
		erased += chain.Erased
	}
	if erased < 4 { // two orders and two notes at least
		p.t.Errorf("%d details are erased: %s", erased, out)
	}
}
