package activities_test

import (
	"slices"
	"testing"

	"miniflow/activities"
	"miniflow/order"
)

// fresh is a call for an order of which no number was ever recorded.
func fresh(appVersion string) activities.NumberCall {
	call := reserving(appVersion, "")
	call.Fresh = true
	return call
}

// TestAFreshOrderLooksAtNoRecords: the record itself refuses a number that is another's, so a look at
// all of them would only cost. Any other order looks at them first.
func TestAFreshOrderLooksAtNoRecords(t *testing.T) {
	for call, looks := range map[*activities.NumberCall]int{new(fresh("")): 0, new(reserving("", "")): 1, new(fresh(number)): 1} {
		b := newBench(t)
		listed("1.2.9", noon)(b.fakeAlipay)
		result, err := b.try(activities.ReserveVersion.Name, *call)
		if err != nil || b.ledger.looks != looks {
			t.Errorf("%+v: %d looks at the records, want %d; %v", *call, b.ledger.looks, looks, err)
		}
		sameJSON(t, result, activities.Number{AppVersion: number})
		b.ledger.has(t, recorded(number))
	}
}

// TestAFreshOrderTakesNobodysNumber: where the next ones are recorded for others, it goes on above
// them, and looks at the records where these are many.
func TestAFreshOrderTakesNobodysNumber(t *testing.T) {
	for others, want := range map[int]struct {
		number string
		looks  int
	}{1: {"1.2.11", 0}, 2: {"1.2.12", 1}, 5: {"1.2.15", 1}} {
		b := newBench(t)
		listed("1.2.9", noon)(b.fakeAlipay)
		for _, one := range []string{number, "1.2.11", "1.2.12", "1.2.13", "1.2.14"}[:others] {
			b.ledger.kept = append(b.ledger.kept, recorded(one, anothers))
		}
		result, err := b.try(activities.ReserveVersion.Name, fresh(""))
		if err != nil || b.ledger.looks != want.looks {
			t.Errorf("beside %d of another's: %d looks at the records, want %d; %v", others, b.ledger.looks, want.looks, err)
		}
		sameJSON(t, result, activities.Number{AppVersion: want.number})
		b.ledger.has(t, recorded(want.number))
	}
}

// TestAFreshOrderWhoseWorkerDied has a record after all: the second try finds it, though Alipay has
// built others since.
func TestAFreshOrderWhoseWorkerDied(t *testing.T) {
	b := newBench(t)
	b.attempt = 2
	b.ledger.kept = one(recorded(number))
	listed(number, noon)(b.fakeAlipay)
	result, err := b.try(activities.ReserveVersion.Name, fresh(""))
	if err != nil || b.ledger.looks != 1 {
		t.Fatalf("%d looks at the records; %v", b.ledger.looks, err)
	}
	sameJSON(t, result, activities.Number{AppVersion: number, Uploaded: true})
	if !slices.Equal(b.ledger.kept, one(recorded(number))) {
		t.Errorf("recorded %+v", b.ledger.kept)
	}
}

// TestAFreshOrderThatCanNotRecord ends as any other does, and looks at nothing more.
func TestAFreshOrderThatCanNotRecord(t *testing.T) {
	b := newBench(t)
	b.ledger.err = errDown
	if _, err := b.try(activities.ReserveVersion.Name, fresh("")); !unknown(err) || b.ledger.looks != 0 {
		t.Errorf("%d looks at the records; %v", b.ledger.looks, err)
	}
}

// TestAFreshNamedNumberOfAnothers is refused, and told whose it is.
func TestAFreshNamedNumberOfAnothers(t *testing.T) {
	b := newBench(t)
	b.ledger.kept = []order.VersionReservation{recorded(number, anothers)}
	_, err := b.try(activities.ReserveVersion.Name, fresh(number))
	checkTaken(t, err, "order OUT2")
}
