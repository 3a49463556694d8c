package activities_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"

	"miniflow/activities"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// keeping is a token keeper with a fakeTemporal to ask and a clock to turn.
type keeping struct {
	*activities.TokenKeeper
	fakeTemporal *fakeTemporal
	now          time.Time
	// older makes mini programs run in a build that writes no token into their memos.
	older bool
}

func newKeeping(tokens ...string) *keeping {
	k := &keeping{fakeTemporal: newFakeTemporal(), now: time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)}
	k.TokenKeeper = &activities.TokenKeeper{Temporal: k.fakeTemporal, Ring: clearRing{}, Now: func() time.Time { return k.now }}
	for _, token := range tokens {
		k.keeps(token)
	}
	return k
}

// keeps lets the mini program keep a token; "" is none.
func (k *keeping) keeps(token string) {
	entity := &kept{kind: order.MiniProgramWorkflowType, running: true}
	if token != "" {
		entity.token = &order.Token{Sealed: order.Sealed(token), Fingerprint: "f-" + token}
	}
	if !k.older {
		entity.memo = map[string]any{order.TokenMemo: entity.token}
	}
	k.fakeTemporal.workflows[order.MiniProgramWorkflowID(appID, miniAppID)] = entity
}

func (k *keeping) want(t *testing.T, token string) {
	t.Helper()
	got, err := k.Token(t.Context(), appID, miniAppID)
	if err != nil || got != live(token) {
		t.Errorf("got %q, %v; want %q", got.Fingerprint, err, live(token).Fingerprint)
	}
}

// TestATokenIsRememberedForAWhile: a burst of calls reads it once, and a secret that nobody uses is
// not kept for long.
func TestATokenIsRememberedForAWhile(t *testing.T) {
	k := newKeeping("T1")
	k.want(t, "T1")
	k.keeps("T2")
	k.now = k.now.Add(5*time.Minute - time.Second)
	k.want(t, "T1")
	if read := k.fakeTemporal.calls["describe"]; read != 1 {
		t.Errorf("read %d times", read)
	}
	k.now = k.now.Add(2 * time.Second)
	k.want(t, "T2")
	if asked := k.fakeTemporal.calls["query"]; asked != 0 {
		t.Errorf("the workflow was woken %d times", asked)
	}
}

// TestAnOlderEntityIsAsked for its token, as its memo has none.
func TestAnOlderEntityIsAsked(t *testing.T) {
	k := newKeeping()
	k.older = true
	k.keeps("T1")
	k.want(t, "T1")
	k.keeps("")
	if _, err := k.Fresh(t.Context(), appID, miniAppID); !errors.Is(err, activities.ErrNoToken) {
		t.Errorf("it has none: %v", err)
	}
	k.fakeTemporal.plan("query", plan{err: errDown})
	if _, err := k.Fresh(t.Context(), appID, miniAppID); err == nil || errors.Is(err, activities.ErrNoToken) {
		t.Errorf("no worker answers: %v", err)
	}
}

// TestTokensAreForeseen in one list, as far as it knows them; the others are read when they are
// needed.
func TestTokensAreForeseen(t *testing.T) {
	k := newKeeping()
	ids := []string{"A", "B", "none", "older"}
	for _, id := range ids {
		entity := &kept{kind: order.MiniProgramWorkflowType, running: true, attributes: map[string]string{"AppId": appID}}
		switch id {
		case "older":
			entity.token = &order.Token{Sealed: "Tolder", Fingerprint: "f-Tolder"}
		case "none":
			entity.memo = map[string]any{order.TokenMemo: nil}
		default:
			entity.memo = map[string]any{order.TokenMemo: &order.Token{Sealed: order.Sealed("T" + id), Fingerprint: "f-T" + id}}
		}
		k.fakeTemporal.workflows[order.MiniProgramWorkflowID(appID, id)] = entity
	}
	if err := k.Foresee(t.Context(), appID, append(ids, "gone")); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"A", "B"} {
		if got, err := k.Token(t.Context(), appID, id); err != nil || got != live("T"+id) {
			t.Errorf("of %s: %v, %v", id, got.Fingerprint, err)
		}
	}
	if calls := k.fakeTemporal.calls; calls["list"] != 1 || calls["describe"] != 0 || calls["query"] != 0 {
		t.Errorf("asked %v", calls)
	}
	if got, err := k.Token(t.Context(), appID, "older"); err != nil || got != live("Tolder") {
		t.Errorf("of an older one: %v, %v", got.Fingerprint, err)
	}
	if _, err := k.Token(t.Context(), appID, "none"); !errors.Is(err, activities.ErrNoToken) {
		t.Errorf("of one without: %v", err)
	}
	for range 2 {
		if err := k.Foresee(t.Context(), appID, []string{"A", "B", "older"}); err != nil || k.fakeTemporal.calls["list"] != 1 {
			t.Errorf("what is known is listed again: %v, %v", k.fakeTemporal.calls, err)
		}
	}
	k.fakeTemporal.plan("list", plan{err: errDown})
	if err := k.Foresee(t.Context(), appID, []string{"C", "D"}); err == nil {
		t.Error("a list that fails is not said")
	}
}

// TestManyTokensAreNotAllRemembered: a Sweep passes by more mini programs than one order.
func TestManyTokensAreNotAllRemembered(t *testing.T) {
	k := newKeeping()
	const many = 3000
	for i := range many {
		id := strconv.Itoa(i)
		token := &order.Token{Sealed: order.Sealed("T" + id), Fingerprint: "f-T" + id}
		k.fakeTemporal.workflows[order.MiniProgramWorkflowID(appID, id)] = &kept{running: true, memo: map[string]any{order.TokenMemo: token}}
		if got, err := k.Token(t.Context(), appID, id); err != nil || got != live("T"+id) {
			t.Fatalf("of %s: %v, %v", id, got.Fingerprint, err)
		}
	}
	for i := range many {
		_, _ = k.Token(t.Context(), appID, strconv.Itoa(i))
	}
	if read := k.fakeTemporal.calls["describe"]; read < 2*many-1100 {
		t.Errorf("%d of %d were remembered", 2*many-read, many)
	}
}

// TestAFreshTokenIsAskedFor and remembered from then on.
func TestAFreshTokenIsAskedFor(t *testing.T) {
	k := newKeeping("T1")
	k.want(t, "T1")
	k.keeps("T2")
	if got, err := k.Fresh(t.Context(), appID, miniAppID); err != nil || got != live("T2") {
		t.Errorf("got %v, %v", got, err)
	}
	k.want(t, "T2")
}

// TestNoTokenIsNotRemembered: the moment one arrives it is used; and one that is gone is not used again.
func TestNoTokenIsNotRemembered(t *testing.T) {
	k := newKeeping()
	for _, state := range []string{"no entity", "no token"} {
		if _, err := k.Token(t.Context(), appID, miniAppID); !errors.Is(err, activities.ErrNoToken) {
			t.Errorf("%s: %v", state, err)
		}
		k.keeps("")
	}
	k.keeps("T1")
	k.want(t, "T1")
	k.keeps("")
	if _, err := k.Fresh(t.Context(), appID, miniAppID); !errors.Is(err, activities.ErrNoToken) {
		t.Errorf("a token that is gone: %v", err)
	}
	if got, err := k.Token(t.Context(), appID, miniAppID); !errors.Is(err, activities.ErrNoToken) {
		t.Errorf("it is used again: %v, %v", got.Fingerprint, err)
	}
}

// TestTokensAreToldApart: by mini program and by app.
func TestTokensAreToldApart(t *testing.T) {
	k := newKeeping("T1")
	k.want(t, "T1")
	if _, err := k.Token(t.Context(), appID, "2021000000000002"); !errors.Is(err, activities.ErrNoToken) {
		t.Errorf("another mini program got %v", err)
	}
}

// TestWhenTheTokenCanNotBeHad: Temporal is asked again; a lost key is a person's business.
func TestWhenTheTokenCanNotBeHad(t *testing.T) {
	k := newKeeping("T1")
	k.fakeTemporal.plan("describe", plan{err: errDown})
	_, err := k.Token(t.Context(), appID, miniAppID)
	var unavailable *serviceerror.Unavailable
	if !errors.As(err, &unavailable) || errors.Is(err, activities.ErrNoToken) {
		t.Errorf("Temporal is down: %v", err)
	}
	k.keeps("lost")
	_, err = k.Token(t.Context(), appID, miniAppID)
	if failure := activities.FailureOf(err); failure.Class != activities.FailurePermanent || failure.Code != "UNSEAL_FAILED" {
		t.Errorf("the key is lost: %v", err)
	}
	b := newBench(t)
	b.purse.err = err
	if _, err := b.try(activities.UploadVersion.Name, activityCases()[activities.UploadVersion.Name].input); activities.FailureOf(err).Code != "UNSEAL_FAILED" || retryable(err) {
		t.Errorf("an activity ended with %v", err)
	}
}

// TestARefusedTokenIsAnAnswer to the question whether it is valid, and a token
// that is not kept any more makes the question moot.
func TestARefusedTokenIsAnAnswer(t *testing.T) {
	missing := refused(codes.ClassAuthorization, "AUTH_TOKEN_NOT_EXISTED")
	another := refused(codes.ClassAuthorization, "AUTH_TOKEN_NOT_CONSISTENT")
	for _, name := range []string{activities.CheckToken.Name, activities.AwaitRevocation.Name} {
		input := activityCases()[name].input
		tests := map[string]struct {
			ready func(*bench)
			want  activities.TokenAnswer
		}{
			"unknown":  {func(b *bench) { b.fakeAlipay.plan("token", plan{err: missing}) }, activities.TokenAnswer{}},
			"another":  {func(b *bench) { b.fakeAlipay.plan("token", plan{err: another}) }, activities.TokenAnswer{}},
			"invalid":  {func(b *bench) { b.fakeAlipay.token = "another" }, activities.TokenAnswer{}},
			"replaced": {func(b *bench) { b.purse.current = "T2" }, activities.TokenAnswer{Replaced: true}},
			"gone":     {func(b *bench) { b.purse.err = activities.ErrNoToken }, activities.TokenAnswer{Replaced: true}},
		}
		for what, test := range tests {
			b := newBench(t)
			test.ready(b)
			result, err := b.try(name, input)
			if err != nil {
				t.Fatalf("%s of one that is %s: %v", name, what, err)
			}
			sameJSON(t, result, test.want)
		}
		b := newBench(t)
		b.purse.err = errDown
		if _, err := b.try(name, input); !retryable(err) && !unknown(err) {
			t.Errorf("%s of a mini program that does not answer: %v", name, err)
		}
	}
}

// TestAQuestionRefusedForOurOwnReasons (the list of addresses, permissions, a key, a
// word that nobody knows) says nothing of the token: the question ends as refused,
// and the watch goes on.
func TestAQuestionRefusedForOurOwnReasons(t *testing.T) {
	ours := map[string]plan{
		"isv.illegal-client-ip":            {err: refused(codes.ClassPermanent, "isv.illegal-client-ip")},
		"isv.insufficient-isv-permissions": {err: refused(codes.ClassPermanent, "isv.insufficient-isv-permissions")},
		"aop.invalid-app-auth-token":       {err: refused(codes.ClassAuthorization, "aop.invalid-app-auth-token")},
		"isv.invalid-signature":            {err: refused(codes.ClassFix, "isv.invalid-signature")},
		"TOKEN_STATUS_UNKNOWN":             {},
	}
	for code, planned := range ours {
		for _, name := range []string{activities.CheckToken.Name, activities.AwaitRevocation.Name} {
			b := newBench(t)
			b.fakeAlipay.plan("token", planned)
			if planned.err == nil {
				b.fakeAlipay.token, b.fakeAlipay.status = "another", "FROZEN"
			}
			_, err := b.try(name, activityCases()[name].input)
			watches := name == activities.AwaitRevocation.Name && planned.err != nil
			switch {
			case err == nil:
				t.Errorf("%s: %s took it for an answer", code, name)
			case watches && !retryable(err):
				t.Errorf("%s: the watch ended with %v", code, err)
			case !watches && (retryable(err) || activities.FailureOf(err).Code != code):
				t.Errorf("%s: %s ended with %v", code, name, err)
			}
		}
	}
}

// TestASignalTeachesTheToken to the worker that sends it, before the order that it reaches can
// call; one that can't be opened is read when it is needed.
func TestASignalTeachesTheToken(t *testing.T) {
	k := newKeeping("T2")
	signal := func(sealed order.Sealed) {
		t.Helper()
		inside := activities.Inside{Temporal: k.fakeTemporal, Tokens: k.TokenKeeper}
		err := inside.Signal(t.Context(), activities.SignalCall{
			WorkflowID: order.WorkflowID(appID, outNo), Signal: order.AuthorizationSignal, Authorization: &order.AuthorizationChange{},
			Token: &activities.TokenOf{AppID: appID, MiniAppID: miniAppID, Token: order.Token{Sealed: sealed, Fingerprint: "f-T1"}},
		})
		if !activities.IsSignalGone(err) {
			t.Errorf("the order is not there, and it said %v", err)
		}
	}
	signal("lost")
	k.want(t, "T2")
	if read := k.fakeTemporal.calls["describe"]; read != 1 {
		t.Errorf("read %d times", read)
	}
	signal("T1")
	k.want(t, "T1")
	if read := k.fakeTemporal.calls["describe"]; read != 1 {
		t.Errorf("what the signal said was read %d times", read-1)
	}
}
