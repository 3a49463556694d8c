package people

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// refusal tries a password and returns why it was not taken.
func (h *house) refusal(name, password, address string) Reason {
	h.t.Helper()
	_, err := h.directory.CheckPassword(h.t.Context(), name, password, address)
	var refusal *Refusal
	if err != nil && !errors.As(err, &refusal) {
		h.t.Fatal(err)
	}
	if refusal == nil {
		return ""
	}
	if password != "" && strings.Contains(refusal.Error(), password) || refusal.Account != "" && refusal.Account != NameOf(name) {
		h.t.Errorf("%v of %q", refusal, refusal.Account)
	}
	return refusal.Reason
}

// counted counts how often the password of an account was compared, and how often with nobody's;
// comparing itself costs nothing.
func (h *house) counted() (accounts, nobodys *atomic.Int32) {
	accounts, nobodys = &atomic.Int32{}, &atomic.Int32{}
	nobody := string(h.directory.passwords.nobody.key)
	h.directory.passwords.fits = func(expected hash, typed string) bool {
		if string(expected.key) == nobody {
			nobodys.Add(1)
			return false
		}
		accounts.Add(1)
		return typed == password
	}
	return accounts, nobodys
}

func TestThePasswordOpens(t *testing.T) {
	h := open(t, two)
	grant, err := h.directory.CheckPassword(t.Context(), " Operator-1 ", password, "192.0.2.1")
	if err != nil || grant.Name != "operator-1" {
		t.Fatalf("%+v, %v", grant, err)
	}
	for name, typed := range map[string]string{
		"operator-1": password + " ", "operator-2": password, "": "", "auditor-1": password, password: password,
	} {
		if reason := h.refusal(name, typed, "192.0.2.1"); reason != ReasonWrong {
			t.Errorf("%q with %q: %q", name, typed, reason)
		}
	}
	if reason := h.refusal("operator-1", strings.Repeat("x", 1<<20), "192.0.2.1"); reason != ReasonWrong {
		t.Errorf("a megabyte: %q", reason)
	}
}

// TestEveryTryIsAsMuchWork: what differs between a name that there is and one that there isn't would
// tell which there are.
func TestEveryTryIsAsMuchWork(t *testing.T) {
	h := open(t, two)
	accounts, nobodys := h.counted()
	tries := int32(0)
	try := func(name, typed string) {
		tries++
		h.refusal(name, typed, fmt.Sprintf("192.0.2.%d", tries))
		if done := accounts.Load() + nobodys.Load(); done != tries {
			t.Errorf("%q took %d comparisons instead of one", name, 1+done-tries)
		}
	}
	try("nobody", "guessed")
	try("auditor-1", "guessed") // has no password
	try("operator-1", password)
	try("operator-1", strings.Repeat("x", MostPassword+1))
	for range TriesPerAccount + 1 {
		try("operator-1", "guessed")
	}
	try("operator-1", password) // closed
}

func TestAnAccountClosesAndOpensAgain(t *testing.T) {
	h := open(t, two)
	accounts, _ := h.counted()
	for i := 1; i < TriesPerAccount; i++ {
		if reason := h.refusal("operator-1", "guessed", "192.0.2.1"); reason != ReasonWrong {
			t.Fatalf("try %d: %q", i, reason)
		}
	}
	if reason := h.refusal("operator-1", "guessed", "192.0.2.1"); reason != ReasonLockedOut {
		t.Fatalf("the last: %q", reason)
	}
	before := accounts.Load()
	if reason := h.refusal("operator-1", password, "198.51.100.1"); reason != ReasonLocked || accounts.Load() != before {
		t.Errorf("the right one from elsewhere: %q", reason)
	}
	h.pass(TriesWindow - time.Nanosecond)
	if reason := h.refusal("operator-1", password, "198.51.100.1"); reason != ReasonLocked {
		t.Errorf("just before the end: %q", reason)
	}
	h.pass(time.Nanosecond)
	if reason := h.refusal("operator-1", password, "198.51.100.1"); reason != "" {
		t.Errorf("after it: %q", reason)
	}
}

// TestWrongTriesAreForgottenAndForgiven: by time, and by the right one.
func TestWrongTriesAreForgottenAndForgiven(t *testing.T) {
	for name, between := range map[string]func(h *house){
		"forgotten": func(h *house) { h.pass(TriesWindow) },
		"forgiven": func(h *house) {
			if reason := h.refusal("operator-1", password, "203.0.113.1"); reason != "" {
				t.Errorf("the right one: %q", reason)
			}
		},
	} {
		h := open(t, two)
		h.counted()
		for round := range 4 {
			for range TriesPerAccount - 1 {
				if reason := h.refusal("operator-1", "guessed", fmt.Sprintf("192.0.2.%d", round)); reason != ReasonWrong {
					t.Fatalf("%s, round %d: %q", name, round, reason)
				}
			}
			between(h)
		}
	}
}

func TestAnAddressIsClosedWhateverNamesItTries(t *testing.T) {
	h := open(t, two)
	_, nobodys := h.counted()
	for i := range TriesPerAddress {
		if i == 10 { // the right password of one account clears nothing
			if reason := h.refusal("operator-1", password, "2001:db8::1"); reason != "" {
				t.Fatal(reason)
			}
		}
		// Another address of the same network counts as the same.
		if reason := h.refusal(fmt.Sprintf("name-%d", i), "guessed", fmt.Sprintf("2001:db8::%x", i)); reason != ReasonWrong {
			t.Fatalf("try %d: %q", i, reason)
		}
	}
	before := nobodys.Load()
	if reason := h.refusal("operator-1", password, "2001:db8::ffff"); reason != ReasonAddress || nobodys.Load() != before {
		t.Errorf("closed, and no work done: %q", reason)
	}
	if reason := h.refusal("operator-1", password, "2001:db8:0:1::1"); reason != "" {
		t.Errorf("another network: %q", reason)
	}
	h.pass(TriesWindow)
	if reason := h.refusal("operator-1", password, "2001:db8::1"); reason != "" {
		t.Errorf("later: %q", reason)
	}
}

// TestManyAtOnceAreNoMoreThanTheLimit: all stand before the comparison at the same time.
func TestManyAtOnceAreNoMoreThanTheLimit(t *testing.T) {
	h := open(t, two)
	accounts, _ := h.counted()
	var tries sync.WaitGroup
	for i := range 200 {
		tries.Go(func() {
			_, err := h.directory.CheckPassword(context.WithoutCancel(t.Context()), "operator-1", "guessed", fmt.Sprintf("192.0.2.%d", i))
			if err == nil {
				t.Error("let in")
			}
		})
	}
	tries.Wait()
	if n := accounts.Load(); n > TriesPerAccount {
		t.Errorf("%d passwords were tried, and %d are the limit", n, TriesPerAccount)
	}
}

// TestTriesAreReservedBeforeTheyAreMade holds the same without luck: none has ended yet.
func TestTriesAreReservedBeforeTheyAreMade(t *testing.T) {
	counted := &tries{limit: 3, window: time.Minute, most: 10, forgives: true, keys: map[string]*tally{}}
	for i := range 5 {
		if _, ok := counted.begin("a", begin); ok != (i < 3) {
			t.Errorf("try %d: %v", i, ok)
		}
	}
	counted.end("a", right, begin) // forgives what was wrong, not what is under way
	counted.end("a", untried, begin)
	counted.end("a", untried, begin)
	if len(counted.keys) != 0 {
		t.Errorf("%d keys are left", len(counted.keys))
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	counted := &tries{limit: 3, window: time.Minute, most: 10, keys: map[string]*tally{}}
	for i := range 100 {
		key := fmt.Sprint(i)
		if _, ok := counted.begin(key, begin.Add(time.Duration(i)*time.Millisecond)); !ok {
			t.Fatal(key)
		}
		counted.end(key, wrong, begin.Add(time.Duration(i)*time.Millisecond))
		if len(counted.keys) > 10 {
			t.Fatalf("%d keys", len(counted.keys))
		}
	}
	for i := 90; i < 100; i++ {
		if counted.keys[fmt.Sprint(i)] == nil {
			t.Errorf("%d is forgotten, and the oldest are forgotten first", i)
		}
	}
}

func TestWhoLeavesIsNotCounted(t *testing.T) {
	h := open(t, two)
	left, leave := context.WithCancel(t.Context())
	leave()
	if err := h.directory.passwords.atOnce.Acquire(t.Context(), hashesAtOnce); err != nil {
		t.Fatal(err)
	}
	for range TriesPerAddress + 5 {
		if _, err := h.directory.CheckPassword(left, "operator-1", "guessed", "192.0.2.1"); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	h.directory.passwords.atOnce.Release(hashesAtOnce)
	if reason := h.refusal("operator-1", password, "192.0.2.1"); reason != "" {
		t.Error(reason)
	}
}
