package world

import "time"

// Filing is how far a mini program's ICP filing is, as a person has set it. Status and Description are
// what alipay.open.mini.icp.status.query answers, and Done is what a release goes by: no page says which
// status means that a filing is done, so a client that goes by one alone is wrong.
type Filing struct {
	Status      string `json:"status"`
	Description string `json:"description,omitempty"`
	Done        bool   `json:"done,omitempty"`
}

// filings are those of the rules. The word for one that is done is the simulator's own.
var filings = map[string]Filing{
	"done":    {Status: "FILED", Description: "备案已完成", Done: true},
	"missing": {Description: "小程序未备案"},
}

// FilingOf returns how far a mini program's filing is.
func (t *Tx) FilingOf(mini *Mini) Filing {
	if mini.Filing != nil {
		return *mini.Filing
	}
	return filings[t.Rules().Find(mini.OutOrderNo, mini.MiniAppID).Registration]
}

// SetFiling sets how far it is. One that is done ends a limited release.
func (t *Tx) SetFiling(mini *Mini, filing Filing) {
	mini.Filing = &filing
	if filing.Done {
		mini.LimitedUntil = time.Time{}
	}
	t.Save(mini)
}
