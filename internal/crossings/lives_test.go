package crossings

import (
	"flag"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// each is how many lives each invariant has.
var each = flag.Int("each", eachByDefault(), "how many lives are lived for each invariant")

func eachByDefault() int {
	if underRace {
		return 4
	}
	return 100
}

// sow gives rapid what the command line did not: the same seed for everybody, and half as many draws
// as there are lives, since a draw has two.
func sow() error {
	flag.Parse()
	set := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { set[f.Name] = true })
	for name, value := range map[string]string{
		"rapid.seed": "20261130", "rapid.checks": fmt.Sprint((*each + 1) / 2), "rapid.nofailfile": "true", "rapid.shrinktime": "60s",
	} {
		if set[name] {
			continue
		}
		if err := flag.Set(name, value); err != nil {
			return err
		}
	}
	return nil
}

// once lives one life that a draw makes up, twice lives two that should be alike.
const (
	once  = 1
	twice = 2
)

// invariant lives lives for one of the twelve invariants of every order. What happened is told by the
// simulator's record of calls and the order's own timeline, and by no flag of the workflows. A draw that
// breaks it is made as small as rapid can, and says how to repeat it.
func invariant(t *testing.T, lives int, holds func(*teller)) {
	t.Helper()
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(r *rapid.T) {
		for range twice / lives {
			holds(&teller{T: r, dir: dir})
		}
	})
	seed := flag.Lookup("rapid.seed").Value
	t.Logf("%d lives from the seed %s on; again: make lives SEED=%s", *each, seed, seed)
}

// The same message twice is one effect.
func TestInvariant01OneEffectPerMessage(t *testing.T) { invariant(t, twice, oneEffectPerMessage) }

// The same fact under two ids is one effect.
func TestInvariant02OneEffectPerFact(t *testing.T) { invariant(t, twice, oneEffectPerFact) }

// Agreement and authorisation in any order lead to the same.
func TestInvariant03AnyOrderOfAgreement(t *testing.T) { invariant(t, twice, anyOrderOfAgreement) }

// A message changes no end.
func TestInvariant04NoMessageChangesAnEnd(t *testing.T) { invariant(t, once, noMessageChangesAnEnd) }

// With any messages lost, asking reaches the same end.
func TestInvariant05AskingReachesTheSame(t *testing.T) { invariant(t, twice, askingReachesTheSame) }

// One release of a mini program at a time is in the pipeline.
func TestInvariant06OneReleaseInThePipeline(t *testing.T) {
	invariant(t, once, oneReleaseInThePipeline)
}

// No call is made for a merchant who has revoked.
func TestInvariant07NoCallWhileRevoked(t *testing.T) { invariant(t, once, noCallWhileRevoked) }

// Version numbers only grow.
func TestInvariant08NumbersOnlyGrow(t *testing.T) { invariant(t, once, numbersOnlyGrow) }

// No write whose answer was lost is repeated blindly.
func TestInvariant09NoBlindRepetition(t *testing.T) { invariant(t, once, noBlindRepetition) }

// Every wait has a message, a question and a watchdog.
func TestInvariant10EveryWaitEnds(t *testing.T) { invariant(t, once, everyWaitEnds) }

// A verdict of an earlier attempt moves nothing.
func TestInvariant11StaleVerdictsMoveNothing(t *testing.T) {
	invariant(t, twice, staleVerdictsMoveNothing)
}

// The newest token wins, and a revocation kills only its own.
func TestInvariant12NewestTokenWins(t *testing.T) { invariant(t, once, newestTokenWins) }
