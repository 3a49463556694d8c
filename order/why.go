package order

import (
	"slices"
	"time"

	"miniflow/words"
)

// Try is a call to Alipay and what came of it.
type Try struct {
	Method string     `json:"method" doc:"Alipay's name of the method, or Miniflow's of what calls several." example:"alipay.open.mini.version.audit.apply"`
	At     time.Time  `json:"at" doc:"When its answer was known." example:"2026-11-20T08:00:00Z"`
	Answer words.Text `json:"answer,omitzero" doc:"What came of it, in words; left out in a list where the hold says it." example:"the logo is missing"`
	Code   string     `json:"code,omitempty" doc:"The code of the refusal: Alipay's sub_code, its code where there is none, or one of Miniflow's; left out where it was not refused." example:"LOGO_IS_BLANK"`
}

// Explained returns the view as it is to be read at a moment: next_look is not over by then, and why
// says in one sentence what keeps the order. The zero moment leaves next_look as it is.
func (v View) Explained(now time.Time) View {
	v.NextLook = v.lookAfter(now)
	v.Why = v.why()
	return v
}

// lookAfter is when Alipay is asked next: an order that sleeps is not told of looks without news.
func (v View) lookAfter(now time.Time) *time.Time {
	if v.NextLook == nil || v.NextLook.After(now) {
		return v.NextLook
	}
	every := time.Duration(v.LookEvery * float64(time.Second))
	if every <= 0 {
		return nil
	}
	next := v.NextLook.Add((now.Sub(*v.NextLook)/every + 1) * every)
	return &next
}

// why puts the facts into one sentence: what a person can do comes last, where it is read.
func (v View) why() words.Text {
	if v.Stage.Ended() {
		if v.FinishedAt == nil {
			return v.WaitingFor
		}
		return words.New("stuck.ended", *v.FinishedAt)
	}
	said := words.New("stuck.waits", v.stuckSince(), v.waits())
	if because := v.becauseOf(); !because.IsZero() {
		said = words.New("stuck.and", said, words.New("stuck.because", because))
	}
	for _, clause := range v.Clauses() {
		said = words.New("stuck.and", said, words.New(clause.Name, clause.Text))
	}
	return said
}

// Clause is a part of why an order stands where it stands.
type Clause struct {
	// Label is the code of its name in a table, and Name that of it in a sentence.
	Label, Name string
	Text        words.Text
}

// Clauses are the parts of the sentence that say what was tried last, when it looks again and what a
// person can do, those that there are. A page that says the others in its own way shows them.
func (v View) Clauses() (all []Clause) {
	for _, clause := range []Clause{
		{"page.last_try", "stuck.tried", v.tried()}, {"page.looks", "stuck.looks", v.looks()}, {"page.can", "stuck.can", v.canBeDone()},
	} {
		if !clause.Text.IsZero() {
			all = append(all, clause)
		}
	}
	return all
}

// stuckSince is since when what stands in the way does.
func (v View) stuckSince() time.Time {
	switch {
	case v.Interruption != nil && !v.Interruption.Since.IsZero():
		return v.Interruption.Since
	case v.Execution == ExecutionTerminated && v.FinishedAt != nil:
		return *v.FinishedAt
	case v.Hold != nil:
		return v.Hold.Since
	}
	return v.StageSince
}

// waits is what it waits for, without the last answer and the next try, which have clauses of their own.
func (v View) waits() words.Text {
	waits := v.WaitingFor
	if waits.Code == "wait.next_try" && len(waits.Args) > 0 {
		waits = waits.Args[0]
	}
	if waits.Code == "wait.again" && v.LastTry != nil {
		waits = words.New("stuck.retry", v.LastTry.Method)
	}
	return waits
}

// becauseOf is why it is held, unless that is what Alipay answered last.
func (v View) becauseOf() words.Text {
	if v.Hold == nil || v.LastTry != nil && v.LastTry.Code == v.Hold.Code && !v.LastTry.Answer.IsZero() {
		return words.Text{}
	}
	return v.Hold.Message
}

func (v View) tried() words.Text {
	switch last := v.LastTry; {
	case last == nil || v.Stage.Ended():
		return words.Text{}
	case last.Code == "":
		return words.New("try.answered", last.Method, last.At, last.Answer)
	case last.Answer.IsZero():
		return words.New("try.code", last.Method, last.At, last.Code)
	default:
		return words.New("try.refused", last.Method, last.At, last.Answer, last.Code)
	}
}

// looks is when it looks again, or what has to come before.
func (v View) looks() words.Text {
	switch {
	case v.Execution != "" && v.Execution != ExecutionRunning, v.Stage.Ended():
		return words.Text{}
	case v.NextLook != nil && v.LookEvery == 0:
		return words.New("look.at", *v.NextLook)
	case v.NextLook != nil && v.needsPerson():
		return words.New("look.console", *v.NextLook)
	case v.NextLook != nil:
		return words.New("look.about", *v.NextLook)
	case v.needsPerson():
		return words.New("look.person")
	case v.Queue == nil && v.Stage == StageAwaitingAuthorization:
		return words.New("look.message")
	}
	return words.Text{}
}

// needsPerson reports whether a person has the next word. What a person has said already is on its way,
// and no longer among the commands.
func (v View) needsPerson() bool {
	if v.Hold == nil {
		return v.Stage == StageAuditRejected && slices.Contains(v.Commands, CommandResubmit) ||
			v.Stage == StageBasePassed && slices.Contains(v.Commands, CommandDecideBasePass)
	}
	return slices.Contains([]HoldKind{HoldNeedsApproval, HoldNeedsInput, HoldNeedsOperator}, v.Hold.Kind)
}

func (v View) canBeDone() words.Text {
	names := make([]string, 0, len(v.Commands))
	for _, command := range v.Commands {
		names = append(names, string(command))
	}
	return words.List(names)
}
