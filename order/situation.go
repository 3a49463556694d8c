package order

import (
	"time"

	"miniflow/words"
)

// Situation is what decides which commands an order takes now and what it waits for. It is apart
// from the workflow, so that the API can decide it for an order that has only just been asked for.
type Situation struct {
	Kind          Kind
	Stage         Stage
	Hold          HoldKind
	HoldCode      string
	HoldFields    []string
	Policy        Policy
	Certification Certification
	// Certifying is set while what certify has handed in is not with Alipay.
	Certifying      bool
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
	// Observed is set while another system acts for the order.
	Observed bool
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
	Why     words.Text
}

// Text is what the API's 409 says.
func (r *Refusal) Text() words.Text { return words.New("refuse.command", r.Command, r.Why) }

// Error is the same in English, for the log and Temporal.
func (r *Refusal) Error() string { return r.Text().String() }

// Refuse returns nil when the order takes the command now, and a *[Refusal] otherwise. An update's
// validator calls it, so that a refused command leaves nothing in the history.
func (s Situation) Refuse(command Command) error {
	if why := s.whyNot(command); !why.IsZero() {
		return &Refusal{Command: command, Why: why}
	}
	return nil
}

func (s Situation) whyNot(command Command) words.Text {
	if s.Stage.Ended() {
		return words.New("refuse.ended", s.Stage)
	}
	switch command {
	case CommandRefresh:
		return unless(s.Stage != StageAwaitingAuthorization, words.New("refuse.no_query"))
	case CommandRetry:
		return unless(s.Observed || s.Paused != "" || s.Hold != "" && s.Hold != HoldNeedsApproval, words.New("refuse.nothing_to_retry"))
	case CommandProvideInput, CommandApprove, CommandResubmit, CommandDecideBasePass, CommandWithdraw, CommandCertify, CommandCancel,
		CommandGiveUp, CommandBeginAgain:
	}
	switch {
	case command == CommandGiveUp && s.Call == "":
		return unless(s.Observed || s.Hold == HoldNeedsOperator || s.Hold == HoldNeedsInput, words.New("refuse.not_failed"))
	case s.Observed && (command != CommandProvideInput || s.Stage != StageCreating) && command != CommandBeginAgain:
		return words.New("refuse.observed")
	case s.CancelRequested:
		return words.New("refuse.cancelling")
	case command == CommandCancel:
		return words.Text{}
	case s.Call != "":
		return words.New("refuse.call", s.Call)
	}
	return s.whyNotHere(command)
}

// whyNotHere asks the stage and the hold, where nothing else stands in the way: those refuse with a
// narrower reason.
func (s Situation) whyNotHere(command Command) words.Text {
	switch command {
	case CommandProvideInput:
		return s.whyNoInput()
	case CommandApprove:
		return unless(s.Hold == HoldNeedsApproval, words.New("refuse.no_approval"))
	case CommandResubmit:
		return s.whyNoResubmit()
	case CommandDecideBasePass:
		if s.Withdrawing {
			return words.New("refuse.taking_back")
		}
		return unless(s.Stage == StageBasePassed, words.New("refuse.not_base_passed"))
	case CommandWithdraw:
		if s.Withdrawing {
			return words.New("refuse.withdrawing")
		}
		return unless(s.Stage == StageAuditing && s.Hold != HoldAuthorizationRevoked && s.Hold != HoldPunished,
			words.New("refuse.no_audit"))
	case CommandCertify:
		return s.whyNoCertify()
	case CommandRefresh, CommandRetry, CommandCancel, CommandGiveUp:
		return words.Text{}
	case CommandBeginAgain:
		return words.New("refuse.runs")
	}
	return words.New("refuse.no_command", command)
}

// whyNoCertify allows a trial to be certified once it exists, and again where that has failed.
func (s Situation) whyNoCertify() words.Text {
	switch {
	case s.Kind != KindTrial:
		return words.New("refuse.no_trial")
	case s.Stage == StageCreating || s.Stage == StageAwaitingMerchant:
		return words.New("refuse.no_trial_yet")
	case s.Certifying || s.Certification.UnderWay():
		return words.New("refuse.certifying")
	}
	return words.Text{}
}

// whyNoInput allows input where Alipay refused some, and where the ISV has to hand in its order_no.
func (s Situation) whyNoInput() words.Text {
	awaitsOrderNo := s.Stage == StageCreating && (s.Observed || s.Policy.Create == StepExternal)
	switch s.Hold {
	case HoldNeedsInput, HoldNeedsOperator, HoldPipelineBusy, HoldAwaitingCertification, HoldAwaitingFiling:
		return words.Text{}
	case HoldNeedsApproval, HoldAuthorizationRevoked, HoldPunished:
	}
	return unless(awaitsOrderNo, words.New("refuse.no_input"))
}

// whyNoResubmit allows a version to be replaced once it is rejected, failed its scan or can't be
// submitted; anywhere else an act of Alipay's on it is still under way.
func (s Situation) whyNoResubmit() words.Text {
	switch s.Stage {
	case StageAuditRejected:
		return unless(!s.Reworking || s.Hold != "", words.New("refuse.reworking"))
	case StageBuilding, StageScanning, StageSubmitting:
		return unless(s.Hold == HoldNeedsInput || s.Hold == HoldNeedsOperator || s.Hold == HoldNeedsApproval,
			words.New("refuse.under_way"))
	case StageBasePassed:
		return words.New("refuse.decide_first")
	case StageCreating, StageAwaitingMerchant, StageAwaitingAuthorization, StageAuditing, StageReleasing,
		StageOnline, StageMerchantRejected, StageConfirmTimedOut, StageCreationFailed, StageCancelled:
		return words.New("refuse.none_rejected")
	}
	return words.New("refuse.none_rejected")
}

func unless(allowed bool, why words.Text) words.Text {
	if allowed {
		return words.Text{}
	}
	return why
}
