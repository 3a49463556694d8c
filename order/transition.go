package order

// Event is what can happen to an order, named for the fact and not for the
// message, poll or command by which we learn of it.
type Event string

const (
	// EventOrderCreated means that Alipay gave an order_no, without which nothing can be asked
	// about the order.
	EventOrderCreated Event = "order_created"
	// EventMerchantAgreed means that the mini program exists and its id is known. It can come
	// before create has answered.
	EventMerchantAgreed Event = "merchant_agreed"
	// EventMerchantRejected means that the merchant declined; Alipay's order is over with that.
	EventMerchantRejected Event = "merchant_rejected"
	// EventConfirmTimedOut means that Alipay ended the wait for the merchant. No clock of ours
	// does.
	EventConfirmTimedOut Event = "confirm_timed_out"
	// EventCreationFailed means that Alipay could not create it, that the trial was deregistered,
	// or that a person gave up: nothing is left to work on.
	EventCreationFailed Event = "creation_failed"
	// EventAuthorized means that a token is here that Alipay has not refused.
	EventAuthorized Event = "authorized"
	// EventBuilt means that the version exists: create_status 6, or the version's own query shows
	// it.
	EventBuilt Event = "built"
	// EventScanned means that Alipay's scan_result is True, which it wants before a submission.
	EventScanned Event = "scanned"
	// EventSubmitted means that the version is in audit, no matter who submitted it.
	EventSubmitted Event = "submitted"
	// EventAuditPassed means that both audits passed; Alipay's status is WAIT_RELEASE.
	EventAuditPassed Event = "audit_passed"
	// EventAuditRejected means that the audit refused the version; Alipay's status is AUDIT_REJECT.
	EventAuditRejected Event = "audit_rejected"
	// EventBasePassed means that the version is admitted and not promotable; Alipay's status is
	// BASE_AUDIT_PASS.
	EventBasePassed Event = "base_passed"
	// EventGoOnlineDecided means that it goes online without promotion, by policy or by
	// decide-base-pass.
	EventGoOnlineDecided Event = "go_online_decided"
	// EventFixDecided means that it is to be fixed and submitted again; from there it is treated as
	// rejected.
	EventFixDecided Event = "fix_decided"
	// EventResubmitted means that the version was taken back and the same one is submitted again:
	// what was wrong was in the submission, not in the version.
	EventResubmitted Event = "resubmitted"
	// EventVersionReplaced means that a new version takes the place of this one: its number can't
	// be built twice.
	EventVersionReplaced Event = "version_replaced"
	// EventWithdrawn means that the version is back in development, by command or in the console,
	// which does not ask us.
	EventWithdrawn Event = "withdrawn"
	// EventReleased means that the version is online, no matter who put it there: Alipay does it by
	// itself where auto_online is set.
	EventReleased Event = "released"
	// EventCancelled means that a cancel command was carried out: at Alipay first, then here.
	EventCancelled Event = "cancelled"
)

// Events lists every event, so that the tests try each at every stage.
func Events() []Event {
	return []Event{
		EventOrderCreated, EventMerchantAgreed, EventMerchantRejected, EventConfirmTimedOut, EventCreationFailed,
		EventAuthorized, EventBuilt, EventScanned, EventSubmitted, EventAuditPassed, EventAuditRejected, EventBasePassed,
		EventGoOnlineDecided, EventFixDecided, EventResubmitted, EventVersionReplaced, EventWithdrawn, EventReleased,
		EventCancelled,
	}
}

// moves is the whole state machine. What is not in it is refused. Three things
// deserve a word. A message or a poll can show that the merchant agreed before
// create has answered. From the upload to the release an order mirrors the status
// that Alipay gives its version, and Alipay's console can change that status
// behind our back: what the query says is adopted. And a version can go
// online by itself (auto_online).
var moves = map[Stage]map[Event]Stage{
	StageCreating: {
		EventOrderCreated:     StageAwaitingMerchant,
		EventMerchantAgreed:   StageAwaitingAuthorization,
		EventMerchantRejected: StageMerchantRejected,
		EventConfirmTimedOut:  StageConfirmTimedOut,
		EventCreationFailed:   StageCreationFailed,
		EventCancelled:        StageCancelled,
	},
	StageAwaitingMerchant: {
		EventMerchantAgreed:   StageAwaitingAuthorization,
		EventMerchantRejected: StageMerchantRejected,
		EventConfirmTimedOut:  StageConfirmTimedOut,
		EventCreationFailed:   StageCreationFailed,
		EventCancelled:        StageCancelled,
	},
	StageAwaitingAuthorization: {
		EventAuthorized:     StageBuilding,
		EventCreationFailed: StageCreationFailed,
		EventCancelled:      StageCancelled,
	},
	StageBuilding: {
		EventBuilt:          StageScanning,
		EventSubmitted:      StageAuditing,
		EventAuditPassed:    StageReleasing,
		EventAuditRejected:  StageAuditRejected,
		EventBasePassed:     StageBasePassed,
		EventReleased:       StageOnline,
		EventCreationFailed: StageCreationFailed,
		EventCancelled:      StageCancelled,
	},
	StageScanning: {
		EventScanned:         StageSubmitting,
		EventVersionReplaced: StageBuilding,
		EventSubmitted:       StageAuditing,
		EventAuditPassed:     StageReleasing,
		EventAuditRejected:   StageAuditRejected,
		EventBasePassed:      StageBasePassed,
		EventReleased:        StageOnline,
		EventCreationFailed:  StageCreationFailed,
		EventCancelled:       StageCancelled,
	},
	StageSubmitting: {
		EventSubmitted:       StageAuditing,
		EventAuditPassed:     StageReleasing,
		EventAuditRejected:   StageAuditRejected,
		EventBasePassed:      StageBasePassed,
		EventReleased:        StageOnline,
		EventVersionReplaced: StageBuilding,
		EventCreationFailed:  StageCreationFailed,
		EventCancelled:       StageCancelled,
	},
	StageAuditing: {
		EventAuditPassed:    StageReleasing,
		EventAuditRejected:  StageAuditRejected,
		EventBasePassed:     StageBasePassed,
		EventWithdrawn:      StageSubmitting,
		EventReleased:       StageOnline,
		EventCreationFailed: StageCreationFailed,
		EventCancelled:      StageCancelled,
	},
	StageAuditRejected: {
		EventResubmitted:     StageSubmitting,
		EventVersionReplaced: StageBuilding,
		EventSubmitted:       StageAuditing,
		EventAuditPassed:     StageReleasing,
		EventBasePassed:      StageBasePassed,
		EventWithdrawn:       StageSubmitting,
		EventReleased:        StageOnline,
		EventCreationFailed:  StageCreationFailed,
		EventCancelled:       StageCancelled,
	},
	StageBasePassed: {
		EventGoOnlineDecided: StageReleasing,
		EventFixDecided:      StageAuditRejected,
		EventSubmitted:       StageAuditing,
		EventAuditPassed:     StageReleasing,
		EventAuditRejected:   StageAuditRejected,
		EventWithdrawn:       StageSubmitting,
		EventReleased:        StageOnline,
		EventCreationFailed:  StageCreationFailed,
		EventCancelled:       StageCancelled,
	},
	StageReleasing: {
		EventReleased:       StageOnline,
		EventSubmitted:      StageAuditing,
		EventAuditRejected:  StageAuditRejected,
		EventWithdrawn:      StageSubmitting,
		EventCreationFailed: StageCreationFailed,
		EventCancelled:      StageCancelled,
	},
}

// Next returns the stage that event leads to from stage. The second result is
// false for a move that is not in the table; the stage is then unchanged.
func Next(from Stage, on Event) (Stage, bool) {
	to, ok := moves[from][on]
	if !ok {
		return from, false
	}
	return to, true
}

// Move is one row of the table, for what walks the whole of it.
type Move struct {
	From Stage
	On   Event
	To   Stage
}

// Moves lists the whole table, in the order of [Stages] and [Events], so that what is drawn of it
// never changes by itself: a map has no order.
func Moves() []Move {
	var all []Move
	for _, from := range Stages() {
		for _, on := range Events() {
			if to, ok := Next(from, on); ok {
				all = append(all, Move{From: from, On: on, To: to})
			}
		}
	}
	return all
}
