package order

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"

	"miniflow/words"
)

// MerchantTask is what the merchant has to do for an order; the empty value means nothing.
type MerchantTask string

// What a merchant can be asked for. The link that a merchant gets, its page and its SMS are about one
// of these.
const (
	// TaskConfirm means that the merchant confirms the mini program in the Alipay app.
	TaskConfirm MerchantTask = "confirm"
	// TaskAuthorize means that the merchant authorises the service provider: for the first time, or
	// again.
	TaskAuthorize MerchantTask = "authorize"
	// TaskAppeal means that the merchant appeals against Alipay's penalty.
	TaskAppeal MerchantTask = "appeal"
	// TaskCertify means that the merchant certifies the account of a trial.
	TaskCertify MerchantTask = "certify"
	// TaskHandIn means that Alipay refused pictures or papers that only the merchant has.
	TaskHandIn MerchantTask = "hand_in"
	// TaskFile means that the merchant files the mini program (ICP, 备案), or mends a filing that was
	// refused.
	TaskFile MerchantTask = "file"
)

// MerchantTasks lists every task, so that the page's words are tested against it.
func MerchantTasks() []MerchantTask {
	return []MerchantTask{TaskConfirm, TaskAuthorize, TaskAppeal, TaskCertify, TaskHandIn, TaskFile}
}

// MerchantTask returns what the merchant has to do now, and since when.
func (v View) MerchantTask() (task MerchantTask, since time.Time) {
	stopped := v.Execution == ExecutionTerminated // where it can be known
	if v.Stage.Ended() || v.CancelRequested || v.Queue != nil || stopped {
		return "", time.Time{}
	}
	if v.Hold != nil {
		if task := v.Hold.MerchantTask(); task != "" {
			return task, v.Hold.Since
		}
	}
	switch {
	case v.Stage == StageAwaitingMerchant: // whatever else is asked of somebody
		return TaskConfirm, v.StageSince
	case v.Stage == StageAwaitingAuthorization && v.Authorization != AuthorizationAuthorized:
		return TaskAuthorize, v.StageSince
	}
	return "", time.Time{}
}

// MerchantTask returns what the merchant has to do about a hold; empty where it is nobody's or
// somebody else's to do.
func (h Hold) MerchantTask() MerchantTask {
	switch h.Kind {
	case HoldAuthorizationRevoked:
		return TaskAuthorize
	case HoldPunished:
		return TaskAppeal
	case HoldAwaitingCertification:
		return TaskCertify
	case HoldAwaitingFiling:
		if said := h.Filing(); said == "" || said.Rejected() { // else it is being examined
			return TaskFile
		}
	case HoldNeedsInput:
		if len(h.MerchantFiles()) > 0 {
			return TaskHandIn
		}
	case HoldNeedsApproval, HoldNeedsOperator, HoldPipelineBusy:
	}
	return ""
}

// MerchantFiles returns the fields of a hold that ask for a picture or a paper of the merchant's. It
// returns none unless all that the hold asks for are such: with half of it corrected Alipay refuses
// the rest, and what else there is to correct, a text about a person or a shop, is the service
// provider's to ask for.
func (h Hold) MerchantFiles() []string {
	if h.Kind != HoldNeedsInput {
		return nil
	}
	for _, field := range h.Fields {
		if !merchantFile(field) {
			return nil
		}
	}
	return h.Fields
}

// merchantFile reports whether a field is a picture that the merchant has. Screen shots and the file
// for the test are the service provider's.
func merchantFile(field string) bool {
	name, submitted := strings.CutPrefix(field, "submission.files.")
	return field == "create.license_pic" || submitted && (name == "app_logo" || strings.HasSuffix(name, "_pic"))
}

// Asks says the task in one sentence, as the event merchant.action_needed has it.
func (t MerchantTask) Asks() words.Text {
	switch t {
	case TaskConfirm:
		return words.New("merchant.confirm")
	case TaskAuthorize:
		return words.New("merchant.authorize")
	case TaskAppeal:
		return words.New("merchant.appeal")
	case TaskCertify:
		return words.New("merchant.certify")
	case TaskHandIn:
		return words.New("merchant.hand_in")
	case TaskFile:
		return words.New("merchant.file")
	}
	return words.Text{}
}

// AttributeMerchantLink is the search attribute that has the [MerchantLinkID] of an order, by which the
// link that its merchant gets finds it.
const AttributeMerchantLink = "MerchantLink"

// MerchantLinkID is the number by which a merchant's link finds its order, in the search attribute
// [AttributeMerchantLink]: 56 bits of a digest of whose it is. It is no secret, and grants nothing:
// the link has a tag beside it.
func MerchantLinkID(appID, outOrderNo string) int64 {
	sum := sha256.Sum256([]byte("merchant link\x00" + appID + "\x00" + outOrderNo))
	return int64(binary.BigEndian.Uint64(sum[:8]) >> 8)
}
