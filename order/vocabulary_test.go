package order_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/order"
	"miniflow/words"
)

// TestAWordOfTheMerchantsIsRead: as Alipay has published it, in both ways to create; nothing
// ends on a word that nobody knows.
func TestAWordOfTheMerchantsIsRead(t *testing.T) {
	for word, want := range map[string]order.MerchantStatus{
		"PROCESS": order.MerchantWaiting, "AGREED": order.MerchantAgreed, "REJECTED": order.MerchantRejected, "TIMEOUT": order.MerchantTimedOut,
		"": order.MerchantWaiting, "agreed": order.MerchantWaiting, "EXPIRED": order.MerchantWaiting,
	} {
		if got := order.ReadConfirmation(word); got != want {
			t.Errorf("%q is read as %s", word, got)
		}
	}
	for word, want := range map[string]string{
		"WAIT_CONFIRM": "waiting none", "CONFIRM_TIMEOUT": "timed_out none", "CREATE_MINI_APP_SUCCESS": "agreed none", "SUCCESS": "agreed none",
		"CREATE_MINI_APP_FAILED": "failed none", "FAILED": "failed none", "CANCELLED": "failed none", "CERTIFY_OPERATOR": "agreed operator",
		"CERTIFY_MERCHANT": "agreed merchant", "CERTIFY_SUCCESS": "agreed certified", "CERTIFY_FAILED": "agreed failed", "NEW_WORD": "waiting none",
	} {
		merchant, certification := order.ReadRegistration(word)
		if got := fmt.Sprint(merchant, " ", certification); got != want {
			t.Errorf("%q is read as %s, not %s", word, got, want)
		}
	}
}

// TestNoCallAtTheWrongTime: the calls of some stages carry the merchant's token, and none of the others may wait for one.
func TestNoCallAtTheWrongTime(t *testing.T) {
	var with []order.Stage
	for _, stage := range append(order.Stages(), "no stage") {
		if stage.NeedsAuthorization() {
			with = append(with, stage)
		}
	}
	want := order.Stages()[slices.Index(order.Stages(), order.StageBuilding) : slices.Index(order.Stages(), order.StageReleasing)+1]
	if !cmp.Equal(with, want) {
		t.Errorf("a token is needed at %v", with)
	}
	if order.Stage("no stage").Ended() {
		t.Error("a stage that nobody knows has ended")
	}
}

// TestAMessageIsResolvedOnce: only one that waits may still become something.
func TestAMessageIsResolvedOnce(t *testing.T) {
	for _, disposition := range append(order.Dispositions(), "") {
		if open := disposition == order.DispositionWaiting || disposition == ""; disposition.Final() == open {
			t.Errorf("%q is final: %v", disposition, disposition.Final())
		}
	}
}

// TestWhichVersionAReservationIsOf: the number in its client; a message that names none is about any.
func TestWhichVersionAReservationIsOf(t *testing.T) {
	taken := order.VersionReservation{AppVersion: "1.0.0", BundleID: order.DefaultBundleID}
	for _, test := range []struct {
		number, client string
		want           bool
	}{
		{"1.0.0", order.DefaultBundleID, true}, {"1.0.0", "", true}, {"1.0.0", "com.alipay.iot.xpaas", false},
		{"1.0.1", order.DefaultBundleID, false}, {"1.0.1", "", false}, {"", "", false},
	} {
		if taken.Names(test.number, test.client) != test.want {
			t.Errorf("%q in %q: %v", test.number, test.client, !test.want)
		}
	}
}

// TestACorrectionSaysOnlyWhatItSays: what it leaves out stays, a switch that was turned off is off.
func TestACorrectionSaysOnlyWhatItSays(t *testing.T) {
	yes, no := true, false
	asked := order.Submission{Fields: []order.Sealed{"first"}, AutoOnline: &yes, PermitLimitedRelease: &yes}
	asked.Correct(order.Submission{Fields: []order.Sealed{"second"}})
	if !asked.GoesOnlineByItself() || !asked.PermitsLimitedRelease() || !cmp.Equal(asked.Fields, []order.Sealed{"first", "second"}) {
		t.Errorf("a correction of text made %+v", asked)
	}
	asked.Correct(order.Submission{AutoOnline: &no})
	if asked.GoesOnlineByItself() || !asked.PermitsLimitedRelease() {
		t.Errorf("auto_online is %v, the permission %v", asked.GoesOnlineByItself(), asked.PermitsLimitedRelease())
	}
	asked.Correct(order.Submission{AutoOnline: &yes, PermitLimitedRelease: &no})
	if !asked.GoesOnlineByItself() || asked.PermitsLimitedRelease() {
		t.Errorf("auto_online is %v, the permission %v", asked.GoesOnlineByItself(), asked.PermitsLimitedRelease())
	}
	if silent := (order.Submission{}); silent.GoesOnlineByItself() || silent.PermitsLimitedRelease() {
		t.Error("who says nothing goes online by itself, or without a filing")
	}
}

// TestAVersionForNoNamedClient is for Alipay's wallet.
func TestAVersionForNoNamedClient(t *testing.T) {
	if got := (order.Version{}).Bundle(); got != "com.alipay.alipaywallet" {
		t.Errorf("it is for %s", got)
	}
	if got := (order.Version{BundleID: "com.alipay.iot.xpaas"}).Bundle(); got != "com.alipay.iot.xpaas" {
		t.Errorf("a named one is for %s", got)
	}
}

// TestASealedValueShowsNothing: neither when it is printed nor by its digest.
func TestASealedValueShowsNothing(t *testing.T) {
	secret := order.Sealed("v1.k1.abcdef")
	if got := fmt.Sprintf("%s %v", secret, []order.Sealed{secret, ""}); got != "(sealed) [(sealed) ]" {
		t.Errorf("it prints as %q", got)
	}
	if got := secret.Digest(); len(got) != 64 || got == order.Sealed("v1.k1.abcdeg").Digest() || order.Sealed("").Digest() != "" {
		t.Errorf("its digest is %q, and that of nothing %q", got, order.Sealed("").Digest())
	}
	one, other := order.Fingerprint("202608BBtoken"), order.Fingerprint("202608BBtokem")
	if one == other || len(one) != 32 || strings.Contains(one, "token") || one != order.Fingerprint("202608BBtoken") {
		t.Errorf("two tokens have the fingerprints %s and %s", one, other)
	}
}

// TestWhatWasRepairedStandsBehindWhatBecameOfIt: and a message handed to an order is without its bytes.
func TestWhatWasRepairedStandsBehindWhatBecameOfIt(t *testing.T) {
	n := order.Notification{Name: "m", Raw: "sealed", Signature: &order.Signature{Value: "s"}, Content: "content"}
	if got := n.Noting(words.Plain("applied")).String(); got != "applied" {
		t.Errorf("nothing was repaired, and it says %q", got)
	}
	n.Note = "one byte was no text"
	if got := n.Noting(words.Plain("applied")).String(); got != "applied (one byte was no text)" {
		t.Errorf("it says %q", got)
	}
	if bare := n.WithoutRaw(); bare.Raw != "" || bare.Signature != nil || bare.Name != "m" || bare.Content != "content" || n.Raw == "" {
		t.Errorf("without its bytes it is %+v", bare)
	}
}

// TestTheISVsBackendIsTriedAsConfigured: where either half is missing, by the defaults as a whole.
func TestTheISVsBackendIsTriedAsConfigured(t *testing.T) {
	mine := order.Schedule{{Every: time.Minute}}
	for _, test := range []struct {
		schedule order.Schedule
		window   order.Duration
		delay    time.Duration
		ends     time.Duration
	}{
		{mine, order.Duration(time.Nanosecond), time.Minute, time.Nanosecond},
		{mine, order.Duration(time.Hour), time.Minute, time.Hour},
		{mine, 0, 5 * time.Second, 72 * time.Hour},
		{nil, order.Duration(time.Hour), 5 * time.Second, 72 * time.Hour},
	} {
		tried, window := order.Schedules{Forward: test.schedule, ForwardFor: test.window}.Forwarding()
		if tried.Delay(1) != test.delay || window != test.ends {
			t.Errorf("%v for %v: first again after %s, for %s", test.schedule, test.window, tried.Delay(1), window)
		}
	}
	if got := (order.Schedule{}).Delay(1); got != time.Hour {
		t.Errorf("a schedule that says nothing waits %s", got)
	}
}

// TestADemonstrationKeepsItsFloors: no poll below a second, no barking watchdog, and the
// default waits of life at its own speed are what the pages say.
func TestADemonstrationKeepsItsFloors(t *testing.T) {
	slow, fast := order.DefaultSchedules(), order.DefaultSchedules().Divide(1e6)
	if fast.Audit.Delay(1) != time.Second || fast.LocateFor.Std() != 10*time.Second || fast.BasePassGrace.Std() != time.Second ||
		fast.Watchdogs[order.StageAuditing].Std() != 2*time.Minute || len(fast.Watchdogs) != len(slow.Watchdogs) {
		t.Errorf("at full speed an audit is polled each %s, a message waits %s, auto_online has %s, and the watchdogs are %v",
			fast.Audit.Delay(1), fast.LocateFor.Std(), fast.BasePassGrace.Std(), fast.Watchdogs)
	}
	if slow.Authorization.Delay(1) != 24*time.Hour || slow.DeadFor.Std() != 720*time.Hour || slow.Watchdogs[order.StageAwaitingMerchant].Std() != 360*time.Hour ||
		slow.Confirm.Delay(11) != 10*time.Minute || slow.Confirm.Delay(149) != time.Hour || slow.Audit.Delay(97) != time.Hour {
		t.Errorf("life at its own speed is %+v", slow)
	}
	hour := order.Schedules{Watchdogs: map[order.Stage]order.Duration{order.StageAuditing: order.Duration(time.Hour)}}.Divide(2)
	if !cmp.Equal(hour.Watchdogs, map[order.Stage]order.Duration{order.StageAuditing: order.Duration(30 * time.Minute)}) {
		t.Errorf("one watchdog became %v", hour.Watchdogs)
	}
}

// TestAListShowsNoHistory: a summary is the view without what grows.
func TestAListShowsNoHistory(t *testing.T) {
	view := order.View{OutOrderNo: "A-1", Stage: order.StageAuditing, Audits: []order.Audit{{Attempt: 1}}, Timeline: []order.TimelineItem{{Sequence: 1}}}
	short := view.Summary()
	if len(short.Audits) != 0 || len(short.Timeline) != 0 || short.OutOrderNo != "A-1" || short.Stage != order.StageAuditing || len(view.Audits) != 1 {
		t.Errorf("the summary is %+v", short)
	}
}
