package drift

import (
	"slices"

	"miniflow/alipay"
)

// Row is a row of the register of what is assumed about Alipay and was never verified:
// docs/unverified.md says it in words, and is held equal to this by a test. A row without a kind is
// about something that no single answer or message shows.
type Row struct {
	No    int
	Kind  Kind
	Where []string // methods and messages; none is any
	What  []string // codes and statuses that are known, and whose meaning is assumed; none is whatever differs
}

// Register returns the rows by their numbers.
func Register() []Row {
	confirming := []string{alipay.MethodCreate, alipay.MethodTrialCreate}
	versions := []string{alipay.MethodVersionDetail, alipay.MethodVersionList}
	return []Row{
		{No: 1, Where: confirming},
		{No: 2, Kind: KindField, Where: []string{alipay.MessageAPIFieldChanged}},
		{No: 3, Kind: KindField, Where: []string{alipay.MessageVersionAuditPassed}},
		{No: 4, Kind: KindStatus, Where: []string{alipay.MessageOpenAppAuth}},
		{No: 5, Kind: KindName, Where: []string{alipay.MessageOpenAppAuth, alipay.MessageServiceMarketOrder}},
		{No: 6, Kind: KindField, What: []string{emptyKept, emptyDropped}},
		{No: 7, Kind: KindField, What: []string{certificateNamed}},
		{No: 8},
		{No: 9, Kind: KindStatus, Where: []string{alipay.MethodTrialQuery, alipay.MessageFastRegisterChanged}},
		{No: 10, Kind: KindCode, What: []string{"isv.app-call-limited", "isv.method-call-limited"}},
		{No: 11, Where: []string{alipay.MethodOnline}},
		{No: 12, Kind: KindName},
		{No: 13, Kind: KindCode, Where: []string{alipay.MethodCreate}, What: []string{"ORDER_FINISHED"}},
		{No: 14, Where: []string{alipay.MethodAuditApply}},
		{No: 15, Kind: KindCode, Where: []string{alipay.MethodUpload}},
		{No: 16, Where: []string{alipay.MessageVersionAuditPassed, alipay.MessageVersionAuditRejected}},
		{No: 17, Kind: KindField, What: []string{notAsDocumented}},
		{No: 18},
		{No: 19},
		{No: 20, Kind: KindCode, Where: []string{alipay.MethodNameCheck}},
		{No: 21, Kind: KindCode, Where: []string{alipay.MethodCreate}, What: []string{"INVALID_MINI_APP_NAME_LENGTH", "APP_NAME_LENGTH_LIMIT"}},
		{No: 22, Kind: KindTiming, Where: versions},
		{No: 23, Kind: KindStatus, Where: versions, What: []string{"PROMOTE_AUDIT_REJECT"}},
		{No: 24, Where: versions[:1]},
		{No: 25, Where: []string{alipay.MethodToken}},
		{No: 26},
		{No: 27},
		{No: 28, Kind: KindStatus, Where: []string{alipay.MethodFiling}},
		{No: 29, Where: []string{alipay.MethodBaseInfo}},
	}
}

var register = Register()

// What is said of a difference that is no value of Alipay's.
const (
	emptyKept        = "an empty parameter is signed"
	emptyDropped     = "an empty parameter is not signed"
	certificateNamed = "alipay_cert_sn in a message"
	notAsDocumented  = "not as documented"
	notUTF8          = "not the charset of its label"
	tooEarly         = "ahead of the clock"
	tooLate          = "later than Alipay repeats"
)

// rowOf returns the number of the row that a difference is about, 0 where there is none. A row that
// names a value comes before one that takes any.
func rowOf(s seen) int {
	for _, particular := range []bool{true, false} {
		for _, row := range register {
			if row.Kind == s.kind && (len(row.What) > 0) == particular && row.about(s.where) && (!particular || slices.Contains(row.What, s.what)) {
				return row.No
			}
		}
	}
	return 0
}

func (r Row) about(where string) bool { return len(r.Where) == 0 || slices.Contains(r.Where, where) }

// assumed reports whether a value is known and its meaning is a row of the register.
func assumed(kind Kind, where, what string) bool {
	return slices.ContainsFunc(register, func(r Row) bool { return r.Kind == kind && r.about(where) && slices.Contains(r.What, what) })
}
