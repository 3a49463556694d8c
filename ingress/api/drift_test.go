package api

import (
	"net/http"
	"strings"
	"testing"

	"miniflow/alipay/drift"
)

// apiDrift is a ledger with one difference for each app.
type apiDrift struct{}

func (apiDrift) Report(apps []string, cases bool) drift.Report {
	report := drift.Report{Differences: []drift.Difference{}}
	for _, app := range apps {
		d := drift.Difference{AppID: app, Kind: drift.KindStatus, Where: "alipay.open.mini.isv.query", What: "HALF_AGREED", Count: 3}
		if cases {
			d.Case = &drift.Case{Method: d.Where, Content: []byte(`{"code":"10000"}`)}
		}
		report.Differences = append(report.Differences, d)
	}
	return report
}

func TestDriftIsOfTheKeysApps(t *testing.T) {
	env := openAPI(t)
	for _, test := range []struct {
		key, query string
		status     int
		says, not  string
	}{
		{keyRead, "", http.StatusOK, apiApp, apiOtherApp},
		{keyOther, "", http.StatusOK, apiOtherApp, apiApp},
		{keyAll, "?app_id=" + apiOtherApp, http.StatusOK, apiOtherApp, `"case"`},
		{keyAll, "?cases=true", http.StatusOK, `"content":{"code":"10000"}`, "problems"},
		{keyRead, "?app_id=" + apiOtherApp, http.StatusForbidden, "", "HALF_AGREED"},
		{keyWrite, "", http.StatusForbidden, "", "HALF_AGREED"},
	} {
		answer := env.as(test.key, http.MethodGet, "/v1/drift"+test.query, "")
		if answer.status != test.status || !strings.Contains(answer.text, test.says) || strings.Contains(answer.text, test.not) {
			t.Errorf("%s %s: %d %s", test.key, test.query, answer.status, answer.text)
		}
	}
}
