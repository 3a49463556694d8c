package lifecycle

// Kind decides the order's statuses, its message and its query: a number of one kind is
// unknown to the query of the other.
type Kind string

// The two kinds of orders. They share the numbers of one app: a create of the other kind
// under a used out_order_no is refused with NOT_UNIQUE.
const (
	Formal Kind = "formal" // alipay.open.mini.isv.create
	Trial  Kind = "trial"  // alipay.open.mini.isv.fastregister.create
)

// OrderStatus is spelled as on the wire; the two kinds share no status, so it needs no
// kind beside it.
type OrderStatus string

// Statuses of a formal order. All but Process are ends, at which a repeated create answers
// ORDER_FINISHED: a new try needs a new out_order_no.
const (
	Process  OrderStatus = "PROCESS"  // the merchant has not answered
	Agreed   OrderStatus = "AGREED"   // the mini program exists
	Rejected OrderStatus = "REJECTED" // the merchant declined
	Timeout  OrderStatus = "TIMEOUT"  // the merchant did not answer in time
)

// Statuses of a trial order. There is no rejection: a merchant who declines never
// confirms.
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

// orderMoves has no way back from an answer, as Alipay has none; only certification may
// go to and fro. A status without a row is an end. Read only.
var orderMoves = map[OrderStatus][]OrderStatus{
	Process:              {Agreed, Rejected, Timeout},
	WaitConfirm:          {CreateMiniAppSuccess, CreateMiniAppFailed, ConfirmTimeout},
	CreateMiniAppSuccess: {CertifyOperator, CertifyMerchant, CertifySuccess, CertifyFailed, Cancelled},
	CertifyOperator:      {CertifyMerchant, CertifySuccess, CertifyFailed, Cancelled},
	CertifyMerchant:      {CertifyOperator, CertifySuccess, CertifyFailed, Cancelled},
	CertifyFailed:        {CertifyOperator, CertifyMerchant, Cancelled},
	CertifySuccess:       {Cancelled},
}

// Next is what every move is checked against, a person's too: any other would be one that
// Alipay never makes. An empty list is an end.
func (s OrderStatus) Next() []OrderStatus { return orderMoves[s] }

// Ended reports whether a repeated create answers ORDER_FINISHED. A trial order is
// over for create once certified, though the app can still be deregistered.
func (s OrderStatus) Ended() bool { return len(orderMoves[s]) == 0 || s == CertifySuccess }

// Waiting reports whether the merchant has yet to answer, which blocks a second order of
// the same kind and merchant with ONGOING_ORDER_EXIST.
func (s OrderStatus) Waiting() bool { return s == Process || s == WaitConfirm }

// Answers of a merchant, in rules. They are not statuses: one answer leads to different
// statuses in the two kinds of orders.
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

// Answered reports false for AnswerNone too: an order without an answer stays where it
// is, for the platform publishes no time after which it ends.
func Answered(kind Kind, answer string) (to OrderStatus, known bool) {
	to, known = answerStatus[kind][answer]
	return to, known
}
