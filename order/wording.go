package order

import (
	"strings"
	"time"

	"miniflow/words"
)

// WaitingFor is what the order waits for. Its cases are ordered: what keeps an
// order from acting hides what its stage would wait for.
func (s Situation) WaitingFor() words.Text {
	switch {
	case s.Stage.Ended():
		return words.New("wait.ended")
	case s.Call != "" && s.Paused == "":
		return words.New("wait.answer", s.Call)
	case s.Queue != nil && s.Hold == HoldPipelineBusy: // nothing is tried before its turn
		return s.turnWording()
	case s.Hold != "":
		return s.nextTry(s.holdWording())
	case s.Paused != "":
		return s.nextTry(words.New("wait.again", s.Paused, s.LastAnswer))
	case s.CancelRequested && s.Stage == StageAwaitingMerchant:
		return words.New("wait.end_at_alipay")
	case s.CancelRequested:
		return words.New("wait.cancellation")
	case s.Queue != nil:
		return s.turnWording()
	}
	if s.Observed {
		return s.observedWording()
	}
	return s.stageWording()
}

// observedWording is what another system has to do before an order that is observed goes on.
func (s Situation) observedWording() words.Text {
	switch s.Stage {
	case StageCreating:
		return words.New("wait.other_creates")
	case StageBuilding:
		return words.New("wait.other_uploads")
	case StageSubmitting:
		return words.New("wait.other_submits")
	case StageAuditRejected:
		return words.New("wait.other_reworks")
	case StageBasePassed:
		return words.New("wait.other_decides")
	case StageReleasing:
		return words.New("wait.other_releases")
	case StageAwaitingMerchant, StageAwaitingAuthorization, StageScanning, StageAuditing,
		StageOnline, StageMerchantRejected, StageConfirmTimedOut, StageCreationFailed, StageCancelled:
	}
	return s.stageWording()
}

func (s Situation) turnWording() words.Text {
	return words.New("wait.turn", s.Queue.Behind, s.Queue.Place)
}

// nextTry adds when what pauses is tried again.
func (s Situation) nextTry(waits words.Text) words.Text {
	if s.NextTry.IsZero() {
		return waits
	}
	return words.New("wait.next_try", waits, s.NextTry)
}

// WaitsStill returns what an order waits for without a next try that is over by now: lists show an
// order as it was when it last changed, and the tries since then have moved on.
func WaitsStill(waits words.Text, now time.Time) words.Text {
	if waits.Code != "wait.next_try" || len(waits.Args) < 2 {
		return waits
	}
	if next, isMoment := waits.Args[1].Moment(); !isMoment || next.After(now) {
		return waits
	}
	return waits.Args[0]
}

func (s Situation) stageWording() words.Text {
	switch s.Stage {
	case StageCreating:
		if s.Policy.Create == StepExternal {
			return words.New("wait.order_no")
		}
		return words.New("wait.creation")
	case StageAwaitingMerchant:
		return words.New("wait.merchant")
	case StageAwaitingAuthorization:
		return words.New("wait.authorization")
	case StageBuilding:
		return words.New("wait.build")
	case StageScanning:
		return words.New("wait.scan")
	case StageSubmitting:
		return words.New("wait.submission")
	case StageAuditing:
		return words.New("wait.audit")
	case StageAuditRejected:
		return words.New("wait.resubmit")
	case StageBasePassed:
		return words.New("wait.decision")
	case StageReleasing:
		return words.New("wait.release")
	case StageOnline, StageMerchantRejected, StageConfirmTimedOut, StageCreationFailed, StageCancelled:
		return words.New("wait.ended")
	}
	return words.Text{}
}

func (s Situation) holdWording() words.Text {
	switch s.Hold {
	case HoldNeedsApproval:
		return words.New("wait.approval")
	case HoldNeedsInput:
		for _, field := range s.HoldFields {
			if strings.HasPrefix(field, "version") {
				return words.New("wait.version", s.HoldCode)
			}
		}
		return words.New("wait.input", s.HoldCode)
	case HoldNeedsOperator:
		return words.New("wait.operator", s.HoldCode)
	case HoldAuthorizationRevoked:
		return words.New("wait.reauthorize")
	case HoldPunished:
		return words.New("wait.appeal")
	case HoldPipelineBusy:
		return words.New("wait.pipeline", s.HoldCode)
	case HoldAwaitingCertification:
		return words.New("wait.certification")
	case HoldAwaitingFiling:
		if s.HoldCode == CodeUnfiled {
			return words.New("wait.filing")
		}
		return words.New("wait.filing_said", s.HoldCode)
	}
	return words.Text{}
}

// Next is what follows once the wait is over, for a person who doesn't know the
// stages.
func (s Situation) Next() words.Text {
	switch s.Stage {
	case StageCreating:
		return words.New("next.merchant")
	case StageAwaitingMerchant:
		return words.New("next.authorization")
	case StageAwaitingAuthorization:
		return words.New("next.build")
	case StageBuilding:
		return words.New("next.scan")
	case StageScanning:
		return words.New("next.submission")
	case StageSubmitting:
		return words.New("next.audit")
	case StageAuditing:
		return words.New("next.verdict")
	case StageAuditRejected:
		return words.New("next.resubmission")
	case StageBasePassed:
		return words.New("next.decided")
	case StageReleasing:
		return words.New("next.online")
	case StageOnline, StageMerchantRejected, StageConfirmTimedOut, StageCreationFailed, StageCancelled:
		return words.New("next.nothing")
	}
	return words.Text{}
}
