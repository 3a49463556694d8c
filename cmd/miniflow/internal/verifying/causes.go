package verifying

import (
	"strings"

	"miniflow/alipay/diagnose"
	"miniflow/cmd/internal/command"
)

// Cause adds words to a finding, because `cause` alone is for programs.
type Cause struct {
	diagnose.Finding
	Says   string `json:"says"`
	Advice string `json:"advice"`
}

// CausesOf words the findings of an answer. No finding is an empty list, which is [] in JSON.
func CausesOf(answer diagnose.Answer) []Cause {
	causes := []Cause{}
	for _, finding := range answer.Findings {
		causes = append(causes, Cause{Finding: finding, Says: finding.Says(), Advice: finding.Advice()})
	}
	return causes
}

// PrintCauses writes causes for a person: whether each is proven, what it means, and what to do.
// Parameters and details are quoted from the message, so they are cleaned.
func PrintCauses(p *command.Page, causes []Cause) {
	for _, cause := range causes {
		// Proven: the damage was undone, and then the strict verifier agreed.
		sure := p.Warn(p.Sayf("likely"))
		if cause.Proven {
			sure = p.Bad(p.Sayf("proven"))
		}
		// A cause may be about the whole text, which has no parameter to name.
		where := ""
		if len(cause.Parameters) > 0 {
			where = " (" + strings.Join(cause.Parameters, ", ") + ")"
		}
		p.Line("  %s  %s: %s%s", sure, cause.Cause, p.Translate(cause.Says), command.Clean(where))
		if cause.Detail != "" {
			p.Line("          %s", p.Translate(cause.Detail))
		}
		p.Line("          %s", p.Translate(cause.Advice))
	}
}
