package merchant

import (
	"miniflow/order"
	"miniflow/words"
)

// head says what is to be done.
func head(task order.MerchantTask) words.Text {
	switch task {
	case order.TaskConfirm:
		return words.New("merchant_page.ask.confirm")
	case order.TaskAuthorize:
		return words.New("merchant_page.ask.authorize")
	case order.TaskAppeal:
		return words.New("merchant_page.ask.appeal")
	case order.TaskCertify:
		return words.New("merchant_page.ask.certify")
	case order.TaskHandIn:
		return words.New("merchant_page.ask.hand_in")
	case order.TaskFile:
		return words.New("merchant_page.ask.file")
	}
	return words.Text{}
}

// how says where it is done, when there is no address that leads there.
func how(task order.MerchantTask, handsIn bool) words.Text {
	switch {
	case task == order.TaskConfirm:
		return words.New("merchant_page.how.confirm")
	case task == order.TaskAppeal:
		return words.New("merchant_page.how.appeal")
	case task == order.TaskCertify:
		return words.New("merchant_page.how.certify")
	case task == order.TaskFile:
		return words.New("merchant_page.how.file")
	case task == order.TaskHandIn && handsIn:
		return words.New("merchant_page.how.hand_in")
	}
	return words.New("merchant_page.how.contact")
}

// stateOf says where the mini program stands, in a merchant's words: what is the service provider's to
// do is not explained here.
func stateOf(view order.View, task order.MerchantTask) words.Text {
	switch {
	case task != "":
		return words.New("merchant_page.state.yours")
	case view.Stage.Ended():
		return endOf(view.Stage)
	case view.CancelRequested:
		return words.New("merchant_page.state.cancelled")
	case view.Hold != nil && view.Hold.Kind == order.HoldNeedsInput:
		return words.New("merchant_page.state.asked")
	}
	switch view.Stage {
	case order.StageAwaitingAuthorization:
		return words.New("merchant_page.state.authorized")
	case order.StageBuilding, order.StageScanning, order.StageSubmitting:
		return words.New("merchant_page.state.building")
	case order.StageAuditing:
		return words.New("merchant_page.state.auditing")
	case order.StageAuditRejected, order.StageBasePassed:
		return words.New("merchant_page.state.correcting")
	case order.StageReleasing:
		return words.New("merchant_page.state.releasing")
	case order.StageCreating, order.StageAwaitingMerchant, order.StageOnline, order.StageMerchantRejected,
		order.StageConfirmTimedOut, order.StageCreationFailed, order.StageCancelled:
	}
	return words.New("merchant_page.state.preparing")
}

func endOf(stage order.Stage) words.Text {
	switch stage {
	case order.StageOnline:
		return words.New("merchant_page.state.online")
	case order.StageMerchantRejected:
		return words.New("merchant_page.state.declined")
	case order.StageConfirmTimedOut:
		return words.New("merchant_page.state.timed_out")
	case order.StageCreationFailed:
		return words.New("merchant_page.state.not_created")
	default:
		return words.New("merchant_page.state.cancelled")
	}
}
