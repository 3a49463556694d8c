package activities_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"miniflow/activities"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// wanted is what an order wants built in these tests, under a number that it names, or none.
func wanted(appVersion string) order.Version {
	return order.Version{TemplateID: "T", TemplateVersion: "0.1.0", AppVersion: appVersion, Ext: "E"}
}

func reserving(appVersion, after string) activities.NumberCall {
	return activities.NumberCall{AppID: appID, MiniAppID: miniAppID, OutOrderNo: outNo, Version: wanted(appVersion), After: after}
}

// seen is when the numbers that are recorded in these tests were seen free.
var seen = noon.Add(-time.Hour)

// recorded is a record of the order's own build, with what is changed about it.
func recorded(appVersion string, changes ...func(*order.VersionReservation)) order.VersionReservation {
	record := order.VersionReservation{
		OutOrderNo: outNo, AppVersion: appVersion, BundleID: order.DefaultBundleID, TemplateID: "T", TemplateVersion: "0.1.0",
		Ext: order.Sealed("E").Digest(), SeenFreeAt: seen,
	}
	for _, change := range changes {
		change(&record)
	}
	return record
}

// What can be other about a record.
var (
	anothers        = func(r *order.VersionReservation) { r.OutOrderNo = "OUT2" }
	ended           = func(r *order.VersionReservation) { r.Ended = true }
	anotherTemplate = func(r *order.VersionReservation) { r.TemplateID = "T2" }
	anotherEdition  = func(r *order.VersionReservation) { r.TemplateVersion = "0.2.0" }
	anotherExt      = func(r *order.VersionReservation) { r.Ext = order.Sealed("E2").Digest() }
	anotherClient   = func(r *order.VersionReservation) { r.BundleID = "com.amap.app" }
)

// listed has Alipay list a version, made at a time.
func listed(appVersion string, created time.Time) func(*fakeAlipay) {
	return func(o *fakeAlipay) {
		o.numbers = append(o.numbers, gateway.VersionInfo{AppVersion: appVersion, CreatedAt: created})
	}
}

// building has Alipay know a build that its list does not show: it runs, has failed,
// or its version is not among the newest twenty.
func building(o *fakeAlipay) { o.builds[number] = gateway.Build{BuildStatus: gateway.BuildRunning} }

// TestANamedNumber: VERSION_HAS_EXISTED on a number that the ISV chose put an older
// build, of another template version, online under the new order's name. A number
// that is taken is the order's only if the order took it, after it had seen it free.
func TestANamedNumber(t *testing.T) {
	free, ours := activities.Number{AppVersion: number}, activities.Number{AppVersion: number, Uploaded: true}
	before, after := seen.Add(-3*time.Minute), seen.Add(time.Minute)
	tests := map[string]struct {
		alipay func(*fakeAlipay)
		record []order.VersionReservation
		want   activities.Number // empty when it is another's
		says   string
	}{
		"free":                                         {want: free},
		"free, recorded for us":                        {record: one(recorded(number)), want: free},
		"free, recorded for another client":            {record: one(recorded(number, anotherClient, anothers)), want: free},
		"free, recorded for another order":             {record: one(recorded(number, anothers)), says: "order OUT2"},
		"free, recorded for us from another template":  {record: one(recorded(number, anotherTemplate)), says: "another template"},
		"taken by nobody we know":                      {alipay: listed(number, after), says: "no record says"},
		"taken by nobody we know, at an unknown time":  {alipay: listed(number, time.Time{}), says: "no record says"},
		"taken, recorded for another order":            {alipay: listed(number, after), record: one(recorded(number, anothers)), says: "order OUT2"},
		"taken, recorded for us in another client":     {alipay: listed(number, after), record: one(recorded(number, anotherClient)), says: "no record says"},
		"taken three minutes before we saw it free":    {alipay: listed(number, before), record: one(recorded(number)), says: "before"},
		"taken within what clocks may lie apart":       {alipay: listed(number, seen.Add(-2*time.Minute)), record: one(recorded(number)), want: ours},
		"taken after we saw it free":                   {alipay: listed(number, after), record: one(recorded(number)), want: ours},
		"taken at an unknown time, recorded for us":    {alipay: listed(number, time.Time{}), record: one(recorded(number)), want: ours},
		"taken by us from another template":            {alipay: listed(number, after), record: one(recorded(number, anotherTemplate)), says: "another template"},
		"taken by us from another template version":    {alipay: listed(number, after), record: one(recorded(number, anotherEdition)), says: "another template"},
		"taken by us with another configuration":       {alipay: listed(number, after), record: one(recorded(number, anotherExt)), says: "configuration"},
		"not listed and built by nobody we know":       {alipay: building, says: "no record says"},
		"not listed and built for another order":       {alipay: building, record: one(recorded(number, anothers)), says: "order OUT2"},
		"not listed and built for us":                  {alipay: building, record: one(recorded(number)), want: ours},
		"not listed, built for us by another template": {alipay: building, record: one(recorded(number, anotherTemplate)), says: "another template"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.ledger.kept = slices.Clone(test.record)
			if test.alipay != nil {
				test.alipay(b.fakeAlipay)
			}
			result, err := b.try(activities.ReserveVersion.Name, reserving(number, ""))
			if len(b.fakeAlipay.effects) != 0 {
				t.Errorf("effects %v", b.fakeAlipay.effects)
			}
			if test.want != (activities.Number{}) {
				if err != nil {
					t.Fatal(err)
				}
				sameJSON(t, result, test.want)
				b.ledger.has(t, recorded(number))
				return
			}
			checkTaken(t, err, test.says)
			if !slices.Equal(b.ledger.kept, test.record) {
				t.Errorf("recorded %+v, want %+v", b.ledger.kept, test.record)
			}
		})
	}
}

// TestWhichNumberIsHigher compares parts as numbers; what is none is below all.
func TestWhichNumberIsHigher(t *testing.T) {
	rising := []string{"0.0.1", "0.1.0", "1.2.9", "1.2.10", "1.10.0", "2.0.0"}
	for i, lower := range rising {
		for j, higher := range rising {
			if activities.Higher(higher, lower) != (j > i) {
				t.Errorf("%s above %s: %t", higher, lower, j <= i)
			}
		}
		if !activities.Higher(lower, "") || !activities.Higher(lower, "x.1.2") || activities.Higher("", lower) || activities.Higher("1.2", lower) {
			t.Errorf("%s beside what is no number", lower)
		}
	}
}

func one(record order.VersionReservation) []order.VersionReservation {
	return []order.VersionReservation{record}
}

// has checks that a build is recorded, whenever its number was seen free.
func (l *ledger) has(t *testing.T, want order.VersionReservation) {
	t.Helper()
	for _, record := range l.kept {
		if record.SeenFreeAt.Equal(seen) || record.SeenFreeAt.Equal(noon) {
			want.SeenFreeAt = record.SeenFreeAt
		}
		if record == want {
			return
		}
	}
	t.Errorf("recorded %+v, want %+v", l.kept, want)
}

// checkTaken checks how a number that is another's asks for a person.
func checkTaken(t *testing.T, err error, says string) {
	t.Helper()
	if err == nil {
		t.Fatal("it counts as ours")
	}
	failure := activities.FailureOf(err)
	if retryable(err) || failure.Class != activities.FailureFix || failure.Code != "VERSION_HAS_EXISTED" || !failure.Taken ||
		!slices.Equal(failure.Fields, []string{"version.app_version"}) {
		t.Fatalf("ended with %v: %+v", err, failure)
	}
	for _, part := range []string{number, says, "name a higher number"} {
		if !strings.Contains(failure.Message.String(), part) {
			t.Errorf("%q does not say %q", failure.Message, part)
		}
	}
}

// TestANumberOfOurOwn is above every number that exists, that was tried, or that is
// recorded for anybody; or it is one that the order has taken already, in a run that
// was reset.
func TestANumberOfOurOwn(t *testing.T) {
	tests := map[string]struct {
		listed   map[string]time.Time
		records  []order.VersionReservation
		built    []string
		after    string
		want     string
		uploaded bool
	}{
		"the first":                                  {want: "0.0.1"},
		"the last part is one up":                    {listed: at(noon, "1.2.9", "1.2.8", "0.9.99"), want: number},
		"no part has an end":                         {listed: at(noon, "2147483646.0.0"), want: "2147483646.0.1"},
		"whole numbers are compared":                 {listed: at(noon, "1.9.9", "2.0.0"), want: "2.0.1"},
		"what is no number":                          {listed: at(noon, "3.0.0", "x.y.z", "9.9", "1.2.3.4", "-4.0.0", ""), want: "3.0.1"},
		"above what was tried":                       {listed: at(noon, "1.2.9"), after: "1.2.10", want: "1.2.11"},
		"above the list all the same":                {listed: at(noon, "1.2.9"), after: "1.2.3", want: number},
		"the next is another order's":                {listed: at(noon, "1.2.9"), records: one(recorded(number, anothers)), want: "1.2.11"},
		"another order's is far above":               {listed: at(noon, "1.2.9"), records: one(recorded("2.0.0", anothers)), want: "2.0.1"},
		"another client's does not count":            {listed: at(noon, "1.2.9"), records: one(recorded("2.0.0", anotherClient)), want: number},
		"the next is being built by nobody we know":  {listed: at(noon, "1.2.9"), built: []string{number}, want: "1.2.11"},
		"ours, never uploaded":                       {listed: at(noon, "1.2.9"), records: one(recorded(number)), want: number},
		"ours, uploaded":                             {listed: at(noon, number), records: one(recorded(number)), want: number, uploaded: true},
		"ours, twice":                                {listed: at(noon, number, "1.2.11"), records: append(one(recorded(number)), recorded("1.2.11")), want: "1.2.11", uploaded: true},
		"ours, twice, the other way round":           {listed: at(noon, number, "1.2.11"), records: append(one(recorded("1.2.11")), recorded(number)), want: "1.2.11", uploaded: true},
		"ours, and tried":                            {listed: at(noon, number), records: one(recorded(number)), after: number, want: "1.2.11"},
		"ours, and overtaken before it was uploaded": {listed: at(noon, "1.3.0"), records: one(recorded(number)), want: "1.3.1"},
		"ours, and below another order's":            {records: append(one(recorded(number)), recorded("1.3.0", anothers)), want: "1.3.1"},
		"ours, but there before we saw it free":      {listed: at(seen.Add(-3*time.Minute), number), records: one(recorded(number)), want: "1.2.11"},
		"ours, but from another template":            {listed: at(noon, number), records: one(recorded(number, anotherTemplate)), want: "1.2.11"},
		"ours, but with another configuration":       {listed: at(noon, number), records: one(recorded(number, anotherExt)), want: "1.2.11"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.ledger.kept = slices.Clone(test.records)
			for one, created := range test.listed {
				listed(one, created)(b.fakeAlipay)
			}
			for _, one := range test.built {
				b.fakeAlipay.builds[one] = gateway.Build{BuildStatus: gateway.BuildRunning}
			}
			for range 2 { // and the same again, which a lost answer makes of it
				result, err := b.try(activities.ReserveVersion.Name, reserving("", test.after))
				if err != nil {
					t.Fatal(err)
				}
				sameJSON(t, result, activities.Number{AppVersion: test.want, Uploaded: test.uploaded})
				b.ledger.has(t, recorded(test.want))
			}
			if len(b.fakeAlipay.effects) != 0 {
				t.Errorf("effects %v", b.fakeAlipay.effects)
			}
		})
	}
}

// at lists versions that were all made at one time.
func at(created time.Time, numbers ...string) map[string]time.Time {
	all := map[string]time.Time{}
	for _, one := range numbers {
		all[one] = created
	}
	return all
}

// TestANumberThatIsTakenMeanwhile: between the look at the records and our own
// another order's came. A named number is that order's; of our own we take the next.
func TestANumberThatIsTakenMeanwhile(t *testing.T) {
	b := newBench(t)
	listed("1.2.9", noon)(b.fakeAlipay)
	b.ledger.meanwhile = one(recorded(number, anothers))
	result, err := b.try(activities.ReserveVersion.Name, reserving("", ""))
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, result, activities.Number{AppVersion: "1.2.11"})
	b = newBench(t)
	b.ledger.meanwhile = one(recorded(number, anothers))
	_, err = b.try(activities.ReserveVersion.Name, reserving(number, ""))
	checkTaken(t, err, "order OUT2")
}

// TestTheLookForANumberEnds though every next one is taken: the order pauses and looks again.
func TestTheLookForANumberEnds(t *testing.T) {
	b := newBench(t)
	listed("1.2.0", noon)(b.fakeAlipay)
	for i := range 1000 {
		b.fakeAlipay.builds["1.2."+strconv.Itoa(i)] = gateway.Build{BuildStatus: gateway.BuildRunning}
	}
	_, err := b.try(activities.ReserveVersion.Name, reserving("", ""))
	if !unknown(err) || b.fakeAlipay.calls["build"] != 2 || activities.FailureOf(err).Above != "1.2.2" || len(b.ledger.kept) != 0 {
		t.Errorf("ended with %v after %d questions", err, b.fakeAlipay.calls["build"])
	}
}

// TestANumberIsSeenFreeBeforeItIsLookedFor: what is made while Alipay answers was
// made later, so that an answer that takes long lets nothing of another's count as ours.
func TestANumberIsSeenFreeBeforeItIsLookedFor(t *testing.T) {
	for _, named := range []string{"", number} {
		b := newBench(t)
		b.fakeAlipay.plan("list", plan{first: func(o *fakeAlipay) {
			listed("1.2.9", noon)(o)
			b.now = b.now.Add(time.Hour)
		}})
		if _, err := b.try(activities.ReserveVersion.Name, reserving(named, "")); err != nil {
			t.Fatal(err)
		}
		if len(b.ledger.kept) != 1 || !b.ledger.kept[0].SeenFreeAt.Equal(noon) {
			t.Errorf("recorded %+v, seen free at %s", b.ledger.kept, noon)
		}
	}
}

// TestANumberIsRecordedBeforeItIsUsed: no number is given that is not recorded, and
// while it can't be recorded nothing is.
func TestANumberIsRecordedBeforeItIsUsed(t *testing.T) {
	for _, named := range []string{"", number} {
		b := newBench(t)
		b.ledger.err = errDown
		if result, err := b.try(activities.ReserveVersion.Name, reserving(named, "")); !unknown(err) {
			t.Errorf("%q: %s, %v", named, result, err)
		}
		b.ledger.err = nil
		b.ledger.reserved = func(r order.VersionReservation) {
			if b.fakeAlipay.calls["upload"] != 0 {
				t.Errorf("%s was uploaded before it was recorded", r.AppVersion)
			}
		}
		if _, err := b.try(activities.ReserveVersion.Name, reserving(named, "")); err != nil || len(b.ledger.kept) != 1 {
			t.Errorf("%q: recorded %+v, %v", named, b.ledger.kept, err)
		}
	}
}

// TestABuildThatCanNotBeAskedAbout: a number that the list does not show is not taken for free.
func TestABuildThatCanNotBeAskedAbout(t *testing.T) {
	for _, named := range []string{"", number} {
		b := newBench(t)
		b.fakeAlipay.plan("build", plan{err: refused(codes.ClassUnknown, "")})
		if _, err := b.try(activities.ReserveVersion.Name, reserving(named, "")); !unknown(err) || len(b.ledger.kept) != 0 {
			t.Errorf("%q: recorded %+v, %v", named, b.ledger.kept, err)
		}
	}
}
