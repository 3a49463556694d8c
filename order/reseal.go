package order

// ResealSignal says to an Order, a MiniProgram or an Attention to have everything sealed anew that it
// carries, and to continue as new. Sent by `miniflow keys reseal`; it carries nothing.
const ResealSignal = "reseal"

// CarriedPurposes lists the purposes of what workflows carry, which is sealed anew after a change of
// keys.
func CarriedPurposes() []string {
	return []string{SealCreate, SealSubmission, SealExt, SealToken, SealContent, SealRaw, SealNote}
}
