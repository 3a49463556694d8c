package order

import (
	"fmt"
	"strings"
	"time"
)

// WaitingFor says in one sentence what the order waits for. Its cases are ordered: what keeps an
// order from acting hides what its stage would wait for.
func (s Situation) WaitingFor() string {
	switch {
	case s.Stage.Ended():
		return "nothing; the order has ended"
	case s.Call != "" && s.Paused == "":
		return "Alipay's answer to " + s.Call
	case s.Queue != nil && s.Hold == HoldPipelineBusy: // nothing is tried before its turn
		return s.turnWording()
	case s.Hold != "":
		return s.holdWording() + s.nextTry()
	case s.Paused != "":
		return s.Paused + " to be tried again; it was answered " + s.LastAnswer + s.nextTry()
	case s.CancelRequested && s.Stage == StageAwaitingMerchant:
		return "Alipay to end the order; a cancellation has been asked for and can't be told to Alipay at this stage"
	case s.CancelRequested:
		return "its cancellation to be carried out at Alipay"
	case s.Queue != nil:
		return s.turnWording()
	}
	return s.stageWording()
}

func (s Situation) turnWording() string {
	return fmt.Sprintf("its turn: queued behind order %s, which is in charge of the mini program (place %d)", s.Queue.Behind, s.Queue.Place)
}

// nextTry says when what pauses is tried again, in UTC because workflow code has no reader's zone.
func (s Situation) nextTry() string {
	if s.NextTry.IsZero() {
		return ""
	}
	return "; next try at " + s.NextTry.UTC().Format(time.RFC3339)
}

func (s Situation) stageWording() string {
	switch s.Stage {
	case StageCreating:
		if s.Policy.Create == StepExternal {
			return "the order_no of the order that the ISV creates (provide-input), or Alipay's message about it"
		}
		return "Alipay to accept the request to create the mini program"
	case StageAwaitingMerchant:
		return "the merchant to confirm in the Alipay app"
	case StageAwaitingAuthorization:
		return "the merchant's authorisation (open_app_auth_notify), or an imported token"
	case StageBuilding:
		return "Alipay to build the version from the template"
	case StageScanning:
		return "the security scan of the version"
	case StageSubmitting:
		return "the version to be submitted for audit"
	case StageAuditing:
		return "the audit's result, usually within two working days"
	case StageAuditRejected:
		return "resubmit, with a corrected submission or a new version"
	case StageBasePassed:
		return "the decision whether to go online without promotion (decide-base-pass)"
	case StageReleasing:
		return "the version to be online"
	case StageOnline, StageMerchantRejected, StageConfirmTimedOut, StageCreationFailed, StageCancelled:
		return "nothing; the order has ended"
	}
	return ""
}

func (s Situation) holdWording() string {
	switch s.Hold {
	case HoldNeedsApproval:
		return "a person's approval (approve)"
	case HoldNeedsInput:
		for _, field := range s.HoldFields {
			if strings.HasPrefix(field, "version") {
				return "another version: " + s.HoldCode + " (resubmit with a version)"
			}
		}
		return "corrected input: " + s.HoldCode + " (provide-input)"
	case HoldNeedsOperator:
		return "a person to look: " + s.HoldCode + " (retry, cancel or give-up)"
	case HoldAuthorizationRevoked:
		return "the merchant to authorise again"
	case HoldPunished:
		return "the merchant's appeal against Alipay's penalty; tried once a day by itself"
	case HoldPipelineBusy:
		return "what stands in the way at Alipay to pass (" + s.HoldCode + "); tried again by itself"
	case HoldAwaitingCertification:
		return "the merchant to certify the trial mini program"
	}
	return ""
}

// Next says in one sentence what follows once the wait is over, for a person who doesn't know the
// stages.
func (s Situation) Next() string {
	switch s.Stage {
	case StageCreating:
		return "the merchant is asked to confirm"
	case StageAwaitingMerchant:
		return "the mini program exists and its authorisation is awaited"
	case StageAwaitingAuthorization:
		return "a version is built from the template"
	case StageBuilding:
		return "Alipay scans the version"
	case StageScanning:
		return "the version is submitted for audit"
	case StageSubmitting:
		return "Alipay audits the version"
	case StageAuditing:
		return "the version is released, or its rejection is shown"
	case StageAuditRejected:
		return "the version is taken back and submitted again"
	case StageBasePassed:
		return "the version goes online without promotion, or is fixed"
	case StageReleasing:
		return "the order ends online"
	case StageOnline, StageMerchantRejected, StageConfirmTimedOut, StageCreationFailed, StageCancelled:
		return "nothing"
	}
	return ""
}
