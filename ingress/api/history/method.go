package history

import (
	"cmp"
	"encoding/json"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"

	"miniflow/alipay"
	"miniflow/order"
)

// method is what an activity calls at Alipay. Histories name activities, and these names never change.
type method struct {
	// name is Alipay's; empty where one activity calls several, which keeps its own. trial is the name
	// in an order of kind trial, where it is another.
	name, trial string
	// act is set where it changes something at Alipay.
	act bool
}

// methods are the activities that call Alipay. The others are of no interest here.
var methods = map[string]method{
	"CreateMiniProgram":  {alipay.MethodCreate, alipay.MethodTrialCreate, true},
	"CertifyTrial":       {name: alipay.MethodTrialCertify, act: true},
	"AwaitMerchant":      {name: alipay.MethodQuery, trial: alipay.MethodTrialQuery},
	"AwaitCertification": {name: alipay.MethodQuery, trial: alipay.MethodTrialQuery},
	"LookAfterEnd":       {name: alipay.MethodQuery, trial: alipay.MethodTrialQuery},
	"ReserveVersion":     {name: alipay.MethodVersionList},
	"UploadVersion":      {name: alipay.MethodUpload, act: true},
	"BuildVersion":       {name: alipay.MethodUpload, act: true},
	"AwaitBuild":         {name: alipay.MethodBuildQuery},
	"AwaitScan":          {name: alipay.MethodVersionDetail},
	"FollowVersion":      {},
	"CreateExperience":   {name: alipay.MethodExperienceCreate, act: true},
	"AwaitExperience":    {name: alipay.MethodExperienceQuery},
	"SubmitAudit":        {name: alipay.MethodAuditApply, act: true},
	"AwaitAuditResult":   {name: alipay.MethodVersionDetail},
	"AwaitChange":        {name: alipay.MethodVersionDetail},
	"AwaitRelease":       {name: alipay.MethodVersionDetail},
	"CancelAudit":        {name: alipay.MethodAuditCancel, act: true},
	"TakeBack":           {name: alipay.MethodAuditedCancel, act: true},
	"Invite":             {name: alipay.MethodInvite, act: true},
	"AwaitFiling":        {name: alipay.MethodFiling},
	"PutOnline":          {name: alipay.MethodOnline, act: true},
	"CheckToken":         {name: alipay.MethodTokenQuery},
	"AwaitRevocation":    {name: alipay.MethodTokenQuery},
}

// methodOf returns what an activity with this input calls, and whether it calls Alipay at all.
func methodOf(activity string, input *commonpb.Payloads) (string, bool) {
	called, calls := methods[activity]
	if called.trial != "" && read[struct {
		Kind order.Kind `json:"kind"`
	}](input).Kind == order.KindTrial {
		return called.trial, calls
	}
	return cmp.Or(called.name, activity), calls
}

// read decodes the members of the first payload that a type has; what can't be read is empty, because
// a list with a gap is better than none.
func read[T any](payloads *commonpb.Payloads) T {
	var value, none T
	if len(payloads.GetPayloads()) == 0 {
		return none
	}
	var raw json.RawMessage
	if converter.GetDefaultDataConverter().FromPayload(payloads.GetPayloads()[0], &raw) != nil || json.Unmarshal(raw, &value) != nil {
		return none
	}
	return value
}
