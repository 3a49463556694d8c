package order

// Verdict is the result of one audit. Alipay judges admission (准入) and promotion (营销), which makes three results of two words.
type Verdict string

// Without audit_rule BASE_PROMOTE one refusal rejects all, and there is no third verdict. A rejected version blocks the next.
const (
	VerdictPassed   Verdict = "passed"
	VerdictRejected Verdict = "rejected"
	// VerdictBasePassed means that admission (准入) passed and promotion (营销) did not.
	VerdictBasePassed Verdict = "base_passed"
)

// Verdicts lists every verdict, for the API's schema.
func Verdicts() []Verdict { return []Verdict{VerdictPassed, VerdictRejected, VerdictBasePassed} }

// Disposition says what became of a notification. All but waiting are final,
// and a notification gets exactly one final disposition.
type Disposition string

const (
	// DispositionApplied means that it moved an order or an entity, or confirmed what a query had already said.
	DispositionApplied Disposition = "applied"
	// DispositionDuplicate means that the same notification, or the same fact, had been applied: Alipay repeats messages.
	DispositionDuplicate Disposition = "duplicate"
	// DispositionStale means that Alipay's own query contradicts it, as it does after a resubmission; queries are the truth.
	DispositionStale Disposition = "stale"
	// DispositionWaiting means that it is kept until its order appears, since messages overtake orders. It is the one that is not
	// final.
	DispositionWaiting Disposition = "waiting"
	// DispositionLate means that its order had ended, and an ended order is never moved by a message.
	DispositionLate Disposition = "late"
	// DispositionForwarded means that the ISV's backend has taken it, and answers for it from there.
	DispositionForwarded Disposition = "forwarded"
	// DispositionConflict means that its id came before with other content, so that a person has to look at both.
	DispositionConflict Disposition = "conflict"
	// DispositionDead means that nobody could use it; a person can replay or discard it.
	DispositionDead Disposition = "dead"
)

// Dispositions lists every disposition, so that the door has a counter for each before the first message.
func Dispositions() []Disposition {
	return []Disposition{
		DispositionApplied, DispositionDuplicate, DispositionStale, DispositionWaiting,
		DispositionLate, DispositionForwarded, DispositionConflict, DispositionDead,
	}
}

// Final reports whether nothing more happens to a notification with this disposition by itself; only a person's replay does.
func (d Disposition) Final() bool { return d != DispositionWaiting && d != "" }
