package purge

import (
	"testing"

	"miniflow/cmd/internal/purging"
	"miniflow/internal/audit"
)

// TestWhatTheAuditLogSaysOfAMerchantIsErased, and of nobody else. A purge that erased nothing would wait
// for it for minutes.
func TestWhatTheAuditLogSaysOfAMerchantIsErased(t *testing.T) {
	dir := t.TempDir()
	log, err := audit.Open(audit.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, about := range []audit.Detail{
		{AppID: "2021", MerchantRef: "goes"}, {AppID: "2021", OutOrderNo: "A-1"},
		{AppID: "2021", MerchantRef: "stays", OutOrderNo: "B-1"}, {AppID: "2022", MerchantRef: "goes"},
	} {
		if err := log.Append(audit.Entry{Who: "operator-1", Action: "withdraw", Outcome: audit.Done, Detail: about}); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	plan := purging.Plan{Merchant: purging.Merchant{AppID: "2021", Ref: "goes"}, Numbers: []string{"A-1"}}
	for i, one := range []struct {
		really bool
		count  int
	}{{false, 2}, {true, 2}, {false, 0}, {true, 0}} {
		if count, err := audited(dir, "operator-1", plan, one.really); count != one.count || err != nil {
			t.Errorf("%d: %d details, %v, want %d", i, count, err, one.count)
		}
	}
	report, err := audit.Verify([]string{dir})
	erased := 0
	for _, chain := range report.Chains { // in the order of names, which are made up
		erased += chain.Erased
	}
	if err != nil || len(report.Findings) > 0 || erased != 2 {
		t.Errorf("%+v, %v", report, err)
	}
}
