package order

// Turn is whose turn it is with an order.
type Turn string

const (
	// TurnOurs is the service provider's: a person has the next word.
	TurnOurs Turn = "ours"
	// TurnMerchants is the merchant's; see [View.MerchantTask].
	TurnMerchants Turn = "merchants"
	// TurnAlipays is Alipay's, or Miniflow's, which waits for Alipay's answers alone.
	TurnAlipays Turn = "alipays"
)

// Turns lists every turn, so that words are tested against it.
func Turns() []Turn { return []Turn{TurnOurs, TurnMerchants, TurnAlipays} }

// Turn says whose turn it is; nobody's where the order has ended. What is asked of a person of ours comes
// before what the merchant has to do.
func (v View) Turn() Turn {
	task, _ := v.MerchantTask()
	switch {
	case v.Stage.Ended():
		return ""
	case v.Execution != "" && v.Execution != ExecutionRunning, v.needsPerson():
		return TurnOurs
	case task != "":
		return TurnMerchants
	}
	return TurnAlipays
}
