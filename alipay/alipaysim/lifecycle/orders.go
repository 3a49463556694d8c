package lifecycle

// Kind is which of the two creation orders this is. Each has calls, statuses and a message
// of its own.
type Kind string

// The two kinds of orders, by the call that opens each. A query of one kind refuses an
// order of the other.
const (
	Formal Kind = "formal" // alipay.open.mini.isv.create
	Trial  Kind = "trial"  // alipay.open.mini.isv.fastregister.create
)

// OrderStatus is the status of a creation order, as on the wire. No status is of both
// kinds.
type OrderStatus string

// Statuses of a formal order. All but Process are its end.
const (
	Process  OrderStatus = "PROCESS"  // the merchant has not answered
	Agreed   OrderStatus = "AGREED"   // the mini program exists
	Rejected OrderStatus = "REJECTED" // the merchant declined
	Timeout  OrderStatus = "TIMEOUT"  // the merchant did not answer in time
)

// Statuses of a trial order. From CreateMiniAppSuccess on the mini program exists, and
// what follows is its certification.
const (
	WaitConfirm          OrderStatus = "WAIT_CONFIRM"
	ConfirmTimeout       OrderStatus = "CONFIRM_TIMEOUT"
	CreateMiniAppSuccess OrderStatus = "CREATE_MINI_APP_SUCCESS"
	CreateMiniAppFailed  OrderStatus = "CREATE_MINI_APP_FAILED"
	CertifyOperator      OrderStatus = "CERTIFY_OPERATOR"
	CertifyMerchant      OrderStatus = "CERTIFY_MERCHANT"
	CertifySuccess       OrderStatus = "CERTIFY_SUCCESS"
	CertifyFailed        OrderStatus = "CERTIFY_FAILED"
	Cancelled            OrderStatus = "CANCELLED"
)

// orderMoves is the whole life of an order: where each status may go. A status
// without a row is an end. Read only.
var orderMoves = map[OrderStatus][]OrderStatus{
	Process:              {Agreed, Rejected, Timeout},
	WaitConfirm:          {CreateMiniAppSuccess, CreateMiniAppFailed, ConfirmTimeout},
	CreateMiniAppSuccess: {CertifyOperator, CertifyMerchant, CertifySuccess, CertifyFailed, Cancelled},
	CertifyOperator:      {CertifyMerchant, CertifySuccess, CertifyFailed, Cancelled},
	CertifyMerchant:      {CertifyOperator, CertifySuccess, CertifyFailed, Cancelled},
	CertifyFailed:        {CertifyOperator, CertifyMerchant, Cancelled},
	CertifySuccess:       {Cancelled},
}

// Next lists the statuses that an order may go to from this one; none is an end.
func (s OrderStatus) Next() []OrderStatus { return orderMoves[s] }

// Ended reports whether a repeated create answers ORDER_FINISHED. A trial order is
// over for create once certified, though the app can still be deregistered.
func (s OrderStatus) Ended() bool { return len(orderMoves[s]) == 0 || s == CertifySuccess }

// Waiting reports whether the merchant has yet to answer. Until then the platform takes
// no second order for the merchant.
func (s OrderStatus) Waiting() bool { return s == Process || s == WaitConfirm }

// Answers of a merchant, in words that rules use for both kinds of orders.
const (
	AnswerAgreed   = "AGREED"
	AnswerRejected = "REJECTED"
	AnswerTimeout  = "TIMEOUT"
	AnswerFailed   = "FAILED"
	AnswerNone     = "none"
)

// answerStatus says what a merchant's answer makes of an order of that kind. A
// trial has no rejection: who declines never confirms, and a formal order has no
// failure. Read only.
var answerStatus = map[Kind]map[string]OrderStatus{
	Formal: {AnswerAgreed: Agreed, AnswerRejected: Rejected, AnswerTimeout: Timeout, AnswerFailed: Timeout},
	Trial: {AnswerAgreed: CreateMiniAppSuccess, AnswerRejected: ConfirmTimeout,
		AnswerTimeout: ConfirmTimeout, AnswerFailed: CreateMiniAppFailed},
}

// Answered returns what a merchant's answer makes of an order of that kind, and reports
// whether it is an answer. AnswerNone is not: it leaves the order as it is.
func Answered(kind Kind, answer string) (to OrderStatus, known bool) {
	to, known = answerStatus[kind][answer]
	return to, known
}
