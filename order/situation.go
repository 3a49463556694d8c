package order

import (
	"fmt"
	"time"
)

// Situation is what decides which commands an order takes now and what it waits for. It is apart
// from the workflow, so that the API can decide it for an order that has only just been asked for.
type Situation struct {
	Kind            Kind
	Stage           Stage
	Hold            HoldKind
	HoldCode        string
	HoldFields      []string
	Policy          Policy
	CancelRequested bool
	Reworking       bool
	Withdrawing     bool
	// Call is the call to Alipay whose truth is not known: it is being made, or its answer was
	// lost. Until it is known, no command that depends on it is taken.
	Call string
	// Paused is the call that is made again, or for the first time, at NextTry, and LastAnswer what
	// it was answered: a person sees why nothing happens. Empty when nothing pauses.
	Paused, LastAnswer string
	NextTry            time.Time
	Queue              *QueuePlace
}

// Commands lists what the order takes now, so that a client offers only what works.
func (s Situation) Commands() []Command {
	allowed := make([]Command, 0, len(Commands()))
	for _, command := range Commands() {
		if s.Refuse(command) == nil {
			allowed = append(allowed, command)
		}
	}
	return allowed
}

// Refusal says why a command is not taken now, and what would be: the API's 409 shows it as it is.
type Refusal struct {
	Command Command
	Why     string
}

// Error is a sentence for people, since it crosses Temporal as text.
func (r *Refusal) Error() string { return fmt.Sprintf("%s is not possible now: %s", r.Command, r.Why) }

// Refuse returns nil when the order takes the command now, and a *[Refusal] otherwise. An update's
// validator calls it, so that a refused command leaves nothing in the history.
func (s Situation) Refuse(command Command) error {
	if why := s.whyNot(command); why != "" {
		return &Refusal{Command: command, Why: why}
	}
	return nil
}

func (s Situation) whyNot(command Command) string {
	if s.Stage.Ended() {
		return fmt.Sprintf("the order has ended (%s); start a new order with a new out_order_no", s.Stage)
	}
	switch command {
	case CommandRefresh:
		return unless(s.Stage != StageAwaitingAuthorization, "Alipay has no query for a token; import one instead")
	case CommandRetry:
		return unless(s.Paused != "" || s.Hold != "" && s.Hold != HoldNeedsApproval, "nothing is on hold that could be tried again")
	case CommandProvideInput, CommandApprove, CommandResubmit, CommandDecideBasePass, CommandWithdraw, CommandCancel,
		CommandGiveUp, CommandBeginAgain:
	}
	switch {
	case command == CommandGiveUp && s.Call == "":
		return unless(s.Hold == HoldNeedsOperator || s.Hold == HoldNeedsInput, "nothing has failed for good; cancel ends an order that has not")
	case s.CancelRequested:
		return "its cancellation has been asked for and is carried out as soon as Alipay allows"
	case command == CommandCancel:
		return ""
	case s.Call != "":
		return "Alipay's answer to " + s.Call + " is awaited, and decides what is possible next; ask again in a moment, or cancel"
	}
	return s.whyNotHere(command)
}

// whyNotHere asks the stage and the hold, where nothing else stands in the way: those refuse with a
// narrower reason.
func (s Situation) whyNotHere(command Command) string {
	switch command {
	case CommandProvideInput:
		return s.whyNoInput()
	case CommandApprove:
		return unless(s.Hold == HoldNeedsApproval, "nothing waits for an approval")
	case CommandResubmit:
		return s.whyNoResubmit()
	case CommandDecideBasePass:
		if s.Withdrawing {
			return "the version is being taken back after a withdraw"
		}
		return unless(s.Stage == StageBasePassed, "the order is not at base_passed")
	case CommandWithdraw:
		if s.Withdrawing {
			return "the version is being withdrawn already; retry tries it at once"
		}
		return unless(s.Stage == StageAuditing && s.Hold != HoldAuthorizationRevoked && s.Hold != HoldPunished,
			"no version is in audit, or the merchant's authorisation is missing")
	case CommandRefresh, CommandRetry, CommandCancel, CommandGiveUp:
		return ""
	case CommandBeginAgain:
		return "the order's workflow runs; use the commands that it lists"
	}
	return fmt.Sprintf("there is no command %q", command)
}

// whyNoInput allows input where Alipay refused some, and where the ISV has to hand in its order_no.
func (s Situation) whyNoInput() string {
	awaitsOrderNo := s.Stage == StageCreating && s.Policy.Create == StepExternal
	switch s.Hold {
	case HoldNeedsInput, HoldNeedsOperator, HoldPipelineBusy, HoldAwaitingCertification:
		return ""
	case HoldNeedsApproval, HoldAuthorizationRevoked, HoldPunished:
	}
	return unless(awaitsOrderNo, "the order does not wait for input")
}

// whyNoResubmit allows a version to be replaced once it is rejected, failed its scan or can't be
// submitted; anywhere else an act of Alipay's on it is still under way.
func (s Situation) whyNoResubmit() string {
	switch s.Stage {
	case StageAuditRejected:
		return unless(!s.Reworking || s.Hold != "", "the version is being taken back after an earlier resubmit")
	case StageBuilding, StageScanning, StageSubmitting:
		return unless(s.Hold == HoldNeedsInput || s.Hold == HoldNeedsOperator || s.Hold == HoldNeedsApproval,
			"the version is on its way; wait for its result")
	case StageBasePassed:
		return "decide first: decide-base-pass with decision resubmit"
	case StageCreating, StageAwaitingMerchant, StageAwaitingAuthorization, StageAuditing, StageReleasing,
		StageOnline, StageMerchantRejected, StageConfirmTimedOut, StageCreationFailed, StageCancelled:
		return "no version has been rejected"
	}
	return "no version has been rejected"
}

func unless(allowed bool, why string) string {
	if allowed {
		return ""
	}
	return why
}
