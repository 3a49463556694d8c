package crossings

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"miniflow/activities"
	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// broken is an invariant that a life broke, by its name, and how.
type broken struct{ invariant, how string }

func (b broken) String() string { return b.invariant + ": " + b.how }

// The invariants.
const (
	// mustEnd means that an order ends, however it was disturbed, once people answer its
	// questions.
	mustEnd = "it ends"
	// mustNotBreak means that no workflow fails and nothing panics.
	mustNotBreak = "nothing breaks"
	// mustBeTrue means that an order ends in the stage that Alipay confirms.
	mustBeTrue = "the end is Alipay's truth"
	// mustLeaveNothing means that a cancelled order leaves nothing in progress at Alipay, or
	// reports what.
	mustLeaveNothing = "a cancelled order leaves nothing behind"
	// mustNotAct means that nothing new is begun after a cancellation.
	mustNotAct = "nothing is begun after a cancellation"
	// mustBeFaster means that an order that ended online after a cancellation was online
	// before its first call.
	mustBeFaster = "online after a cancellation only when Alipay was faster"
	// mustBeKnown means that an order shows no attempt that Alipay does not know.
	mustBeKnown = "no attempt that Alipay does not know"
	// mustBeBounded means that calls, and refused ones, are bounded.
	mustBeBounded = "calls are bounded"
	// mustHaveDisposition means that each message has exactly one final disposition.
	mustHaveDisposition = "each message has one final disposition"
	// mustBeOne means that one number is one creation.
	mustBeOne = "one create effect per out_order_no"
	// mustHaveLink means that the merchant of a trial gets the address to authorise at.
	mustHaveLink = "a trial order has its authorize_url"
	// mustReachEntity means that a mini program knows that its order has ended, and what is
	// online.
	mustReachEntity = "the mini program knows how its order ended"
	// mustKeepToken means that a token that Alipay calls valid, and that arrived, is not
	// given up.
	mustKeepToken = "a token dies only by an answer about the token"
	// mustBeOwn means that an order puts online only what it has uploaded.
	mustBeOwn = "what is online was uploaded by its order"
)

// check compares a finished life with the invariants.
func (l *life) check() []broken {
	var found []broken
	add := func(invariant, how string, args ...any) {
		found = append(found, broken{invariant, fmt.Sprintf(how, args...)})
	}
	for _, text := range l.e.broken {
		add(mustNotBreak, "%s", text)
	}
	view, ok := l.see()
	switch {
	case !ok:
		add(mustNotBreak, "the order can't be asked")
		return found
	case l.loops:
	case l.stuck || l.ended.IsZero():
		add(mustEnd, "it still stands at %s, hold %s, after %s", view.Stage, holdOf(view), elapsed(l.e.now()))
	default:
		l.checkEnd(view, add)
	}
	ours, others := l.log()
	if l.knows != "" {
		l.checkObserved(ours, add)
		l.checkCalls(ours, add)
		l.checkMessages(view, add)
		l.checkEntity(view, add)
		return found
	}
	l.checkCancelled(view, ours, add)
	l.checkAudits(view, ours, others, add)
	l.checkCalls(ours, add)
	l.checkMessages(view, add)
	l.checkCreation(view, slices.Concat(ours, others), add)
	l.checkEntity(view, add)
	return found
}

func holdOf(view order.View) string {
	if view.Hold == nil {
		return "none"
	}
	return string(view.Hold.Kind) + " " + view.Hold.Code
}

// checkEnd compares the end with Alipay's state.
func (l *life) checkEnd(view order.View, add func(string, string, ...any)) {
	all := l.truth()
	status := ""
	if known := all.order(); known != nil {
		status = known.Status
	}
	phase := ""
	if version := all.mini().version(view.Version.AppVersion); version != nil {
		phase = version.Phase
	}
	wants := map[order.Stage][]string{
		order.StageMerchantRejected: {"REJECTED"}, order.StageConfirmTimedOut: {"TIMEOUT", "CONFIRM_TIMEOUT"},
		order.StageCreationFailed: {"CREATE_MINI_APP_FAILED", "CANCELLED"},
	}
	gaveUp := slices.ContainsFunc(l.commands, func(c commanded) bool { return c.command == "give-up" })
	switch want, listed := wants[view.Stage]; {
	case listed && !slices.Contains(want, status) && (!gaveUp || view.Stage != order.StageCreationFailed):
		add(mustBeTrue, "the order ended %s and Alipay's is %q", view.Stage, status)
	case view.Stage == order.StageOnline && phase != "RELEASE":
		add(mustBeTrue, "the order ended online and version %s is %q", view.Version.AppVersion, phase)
	case !view.Stage.Ended():
		add(mustBeTrue, "its workflow ended at %s", view.Stage)
	}
}

// own returns the versions that the order uploaded, and the one that it is about.
func (l *life) own(view order.View, ours []alipaysim.Call) []string {
	var numbers []string
	for _, call := range ours {
		if _, number, found := strings.Cut(call.Key, "/"); found && call.Effect && strings.HasSuffix(call.Method, "version.upload") {
			numbers = append(numbers, number)
		}
	}
	if l.policy.Upload == order.StepExternal && view.Version.AppVersion != "" {
		numbers = append(numbers, view.Version.AppVersion)
	}
	return numbers
}

// checkCancelled checks that nothing of a cancelled order is in progress.
func (l *life) checkCancelled(view order.View, ours []alipaysim.Call, add func(string, string, ...any)) {
	cancel, asked := l.cancelled()
	if !asked {
		return
	}
	for _, s := range l.e.scheduled {
		if s.at.After(cancel.at) && slices.Contains([]string{activities.BuildVersion.Name, activities.UploadVersion.Name, activities.SubmitAudit.Name, activities.PutOnline.Name}, s.name) {
			add(mustNotAct, "%s was begun at %s, %s after the cancellation", s.name, elapsed(s.at), s.at.Sub(cancel.at))
		}
	}
	all := l.truth()
	for _, call := range ours { // what Alipay, or the console, puts online is not ours to stop
		if !l.firstUndo.IsZero() && call.At.After(l.firstUndo) && call.Effect && strings.HasSuffix(call.Method, "version.online") {
			add(mustBeFaster, "it was put online at %s, and the cancellation made its first call at %s", elapsed(call.At), elapsed(l.firstUndo))
		}
	}
	if view.Stage != order.StageCancelled {
		return
	}
	if known := all.order(); l.kind != order.KindRelease && known != nil && (known.Status == "PROCESS" || known.Status == "WAIT_CONFIRM") {
		add(mustLeaveNothing, "the order is cancelled and the merchant is still asked (%s)", known.Status)
	}
	unauthorized := cancel.unauthorized || l.unauthorizedAtEnd || view.Authorization != order.AuthorizationAuthorized
	for _, number := range l.own(view, ours) {
		version := all.mini().version(number)
		if version == nil || !slices.Contains([]string{"AUDITING", "WAIT_RELEASE", "BASE_AUDIT_PASS", "RELEASE"}, version.Phase) {
			continue
		}
		if unauthorized && strings.Contains(view.Reason.String(), number) {
			continue
		}
		add(mustLeaveNothing, "version %s is %s at Alipay; unauthorised: %t; reason: %q", number, version.Phase, unauthorized, view.Reason)
	}
}

// checkAudits checks that each attempt that the order shows was a submission at Alipay.
func (l *life) checkAudits(view order.View, ours, others []alipaysim.Call, add func(string, string, ...any)) {
	submissions := 0
	for _, call := range slices.Concat(ours, others) {
		if call.Effect && strings.HasSuffix(call.Method, "audit.apply") {
			submissions++
		}
	}
	if len(view.Audits) > submissions {
		add(mustBeKnown, "the order shows %d attempts and Alipay had %d submissions", len(view.Audits), submissions)
	}
	if view.Stage == order.StageOnline && l.policy.Upload != order.StepExternal && !slices.Contains(l.own(view, ours), view.Version.AppVersion) {
		add(mustBeOwn, "version %s is online, uploaded by somebody else", view.Version.AppVersion)
	}
}

// Bounds on the calls of one order.
const (
	refusedInFirstHour = 60
	refusedInLaterHour = 12
	// refusedByDeed is how many refusals the actions of people and systems may cause.
	refusedByDeed = 8
	callsAtLeast  = 400
	callsInHour   = 14
	callsByDeed   = 25
	// callsOfALoop ends a life, because it would continue like this for ever.
	callsOfALoop = 2500
)

// checkCalls checks the number of calls: Alipay's limit is one for the whole app, so no order
// may use it up.
func (l *life) checkCalls(ours []alipaysim.Call, add func(string, string, ...any)) {
	refused := map[int]int{}
	last := map[int]string{}
	hours := 0
	for _, call := range ours {
		hour := int(call.At.Sub(began()) / time.Hour)
		hours = max(hours, hour+1)
		if call.Code != "10000" && !isNotYet(call) {
			refused[hour]++
			last[hour] = called(call)
		}
	}
	deeds := map[int]int{}
	for _, at := range l.deeds {
		deeds[int(at.Sub(began())/time.Hour)]++
	}
	for hour, count := range refused {
		most := refusedInLaterHour
		if hour == 0 {
			most = refusedInFirstHour
		}
		if most += refusedByDeed * (deeds[hour] + deeds[hour-1]); count > most {
			add(mustBeBounded, "%d refused calls in hour %d of the scenario, at most %d are allowed; at last %s", count, hour, most, last[hour])
			break
		}
	}
	if l.loops {
		ours = ours[len(ours)-4:]
		add(mustBeBounded, "%d calls by %s: it loops; at last %s, %s, %s, %s", l.made, elapsed(l.e.now()), called(ours[0]), called(ours[1]), called(ours[2]), called(ours[3]))
		return
	}
	if most := callsAtLeast + callsInHour*hours + callsByDeed*(len(l.deeds)+len(l.accepted)); len(ours) > most {
		add(mustBeBounded, "%d calls in %d hours, at most %d are allowed", len(ours), hours, most)
	}
}

// called returns a call in a few words.
func called(c alipaysim.Call) string {
	return strings.TrimSpace(c.Method[strings.LastIndex(c.Method[:strings.LastIndex(c.Method, ".")], ".")+1:] + " " + c.SubCode)
}

// isNotYet reports whether the answer of a query is "not yet": schedules pace those, and they
// are counted with all calls.
func isNotYet(call alipaysim.Call) bool {
	switch call.SubCode {
	case "BUILD_VERSION_NOT_EXISTED", "POLLING_BUILD_VERSION_NOT_EXIST", "MINIAPP_VERSION_NOT_EXSIT":
		return strings.HasSuffix(call.Method, ".query")
	}
	return false
}

// checkCreation checks that one order is one mini program, and that a trial's merchant can
// authorise.
func (l *life) checkCreation(view order.View, calls []alipaysim.Call, add func(string, string, ...any)) {
	created, over := 0, false
	for _, call := range calls {
		if !strings.HasSuffix(call.Method, ".create") {
			continue
		}
		if call.Effect {
			created++
		}
		over = over || call.SubCode == "ORDER_FINISHED" // after that no call returns the address any more
	}
	if created > 1 {
		add(mustBeOne, "Alipay created %d", created)
	}
	// A merchant who agreed before create's answer needs no address any more.
	waited := slices.ContainsFunc(view.Timeline, func(item order.TimelineItem) bool { return item.Stage == order.StageAwaitingMerchant })
	if l.kind == order.KindTrial && l.policy.Create != order.StepExternal && !l.handedIn && !over && waited &&
		view.OrderNo != "" && view.Links.MerchantAuthorize == "" {
		add(mustHaveLink, "order_no is %s, and the merchant has no address", view.OrderNo)
	}
}
