package drift_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"miniflow/alipay"
	"miniflow/alipay/diagnose"
	"miniflow/alipay/drift"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

const createFields = `{"alipay_account":"a@example.com","app_name":"一间咖啡","cert_name":"示例餐饮","cert_no":"91330000000000000X",
	"contact_name":"联系人","contact_phone":"13800000000","legal_personal_name":"法人"}`

// began makes an order, so that there is something to ask about.
func (s *twoSides) began() string {
	s.t.Helper()
	return must(s.client.CreateMiniProgram(s.t.Context(), "drift-1", json.RawMessage(createFields)))(s.t)
}

// Whatever the platform answers that is not known is listed once, however often it comes.
func TestAnOddAnswerIsListedOnceWithItsCount(t *testing.T) {
	s := newSides(t)
	number := s.began()
	for _, fault := range []string{
		`{"method":"*.isv.query","kind":"other_answer","times":3,"set":{"status":"HALF_AGREED","surprise":{"phone":"13812345678"},"legal_person":"王小明"}}`,
		`{"method":"*.isv.query","kind":"other_answer","times":2,"charset":"GBK","set":{"pid":"202611BBcanarytoken"}}`,
		`{"method":"*.isv.query","kind":"error","times":2,"sub_code":"MERCHANT_ON_HOLIDAY","sub_msg":"王小明 13812345678"}`,
		`{"method":"*.isv.query","kind":"error","times":2,"sub_code":"91330106MA2CDEFG5K","sub_msg":"x"}`,
		`{"method":"*.isv.query","kind":"other_answer","times":2,"set":{"status":"ZHANGSANFENG1985","13812345678":"x","gmt_create":"2026-11-21 23:00:00"}}`,
	} {
		s.manage("PUT", "faults", `{"faults":[`+fault+`]}`)
		for range 4 {
			_, _ = s.client.QueryMiniProgramOrder(t.Context(), number) // refusals are what some of the faults are about
		}
	}
	const where = alipay.MethodQuery
	for _, want := range []drift.Difference{
		{Kind: drift.KindField, Field: "surprise", Count: 3},
		{Kind: drift.KindField, Field: "legal_person", Count: 3},
		{Kind: drift.KindField, Field: drift.Hidden, Count: 2},
		{Kind: drift.KindCharset, What: "GBK", Count: 2},
		{Kind: drift.KindTiming, Field: "gmt_create", What: "ahead of the clock", Count: 2},
	} {
		got := s.listed(want.Kind, where, want.Field)
		if got.Count != want.Count || got.What != want.What || got.Case == nil {
			t.Errorf("%+v, want %+v with a case", got, want)
		}
	}
	s.listedValues(drift.KindStatus, "HALF_AGREED 3", drift.Hidden+" 2")
	s.listedValues(drift.KindCode, "MERCHANT_ON_HOLIDAY 2", drift.Hidden+" 2")
	s.secretless()
}

// listedValues compares what is listed of a kind with its counts.
func (s *twoSides) listedValues(kind drift.Kind, want ...string) {
	s.t.Helper()
	var got []string
	for _, d := range s.ledger.Report([]string{appID}, false).Differences {
		if d.Kind == kind {
			got = append(got, fmt.Sprint(d.What, " ", d.Count))
		}
		if d.Case != nil {
			s.t.Error("a case nobody asked for")
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		s.t.Errorf("%s: %q, want %q", kind, got, want)
	}
}

func (s *twoSides) push(message string) {
	s.t.Helper()
	s.manage("POST", "messages", `{"app_id":"`+appID+`",`+message+`}`)
	s.pass(time.Second)
}

func TestAnOddMessageIsListedOnceWithItsCountAndItsRow(t *testing.T) {
	s := newSides(t)
	const built = "alipay.open.mini.version.build.finished"
	for range 3 {
		s.push(`"msg_method":"` + built + `","biz_content":{"contact":"王小明","phone":"13812345678","status":"DONE"}`)
	}
	s.push(`"msg_method":"alipay.open.mini.version.audit.passed","fields":{"licence":"91330106MA2CDEFG5K","mini_app_version":"1.0.0"}`)
	s.push(`"msg_method":"alipay.open.mini.merchant.fastregister.changed","fields":{"status":"CERTIFY_PAUSED"}`)
	s.push(`"msg_method":"alipay.open.mini.merchant.confirmed","params":{"alipay_cert_sn":"abc","msg_weather":"rain","msg_note":"","shop.13812345678":"x"}`)
	s.push(`"msg_method":"alipay.open.app.api.field.changed","fields":{"reviewer":"王小明"}`)
	s.push(`"msg_method":"alipay.open.mini.merchant.confirmed","params":{"utc_timestamp":"1795125600000"}`)
	s.push(`"msg_method":"13812345678","biz_content":{}`)
	s.push(`"msg_method":"alipay.open.mini.merchant.confirmed","biz_content":["王小明"]`)
	for _, want := range []drift.Difference{
		{Kind: drift.KindName, Where: built, What: built, Row: 12, Count: 3},
		{Kind: drift.KindField, Where: alipay.MessageVersionAuditPassed, Field: "licence", Row: 3, Count: 1},
		{Kind: drift.KindStatus, Where: alipay.MessageFastRegisterChanged, Field: "status", What: "CERTIFY_PAUSED", Row: 9, Count: 1},
		{Kind: drift.KindField, Where: alipay.MessageMerchantConfirmed, Field: "alipay_cert_sn", What: "alipay_cert_sn in a message", Row: 7, Count: 1},
		{Kind: drift.KindField, Where: alipay.MessageMerchantConfirmed, Field: "msg_weather", Count: 1},
		{Kind: drift.KindField, Where: alipay.MessageAPIFieldChanged, Field: "reviewer", Row: 2, Count: 1},
		{Kind: drift.KindName, Where: drift.Hidden, What: drift.Hidden, Row: 12, Count: 1},
	} {
		got := s.listed(want.Kind, want.Where, want.Field)
		if got.Count != want.Count || got.What != want.What || got.Row != want.Row || got.Case == nil {
			t.Errorf("%+v, want %+v with a case", got, want)
		}
	}
	s.secretless()
	s.verifies(8)
}

// verifies signs every case with a test key, and asks about each as miniflow verify would.
func (s *twoSides) verifies(atLeast int) {
	s.t.Helper()
	key := must(rsa.GenerateKey(rand.Reader, 2048))(s.t)
	apps := []notify.App{{AlipayKeys: []keys.AlipayKey{{Public: &key.PublicKey}}}}
	all := s.ledger.Report([]string{appID}, true).Differences
	if len(all) < atLeast {
		s.t.Fatalf("%d differences, fewer than %d", len(all), atLeast)
	}
	for _, d := range all {
		signed := must(d.Case.Sign(key))(s.t)
		answer := must(diagnose.Ask(diagnose.Question{Text: signed, Apps: apps, Logged: true}))(s.t)
		if answer.Notification == nil {
			s.t.Errorf("the case of %+v does not verify: %+v", d, answer)
		}
	}
}

// The case of an answer is a whole answer that the client takes.
func TestTheCaseOfAnAnswerVerifies(t *testing.T) {
	s := newSides(t)
	number := s.began()
	s.manage("PUT", "faults", `{"faults":[{"method":"*.isv.query","kind":"other_answer","set":{"status":"HALF_AGREED","owner":"{\"name\":\"王小明\",\"n\":-1.5e3}"}}]}`)
	_, _ = s.client.QueryMiniProgramOrder(t.Context(), number)
	key := must(rsa.GenerateKey(rand.Reader, 2048))(t)
	d := s.listed(drift.KindStatus, alipay.MethodQuery, "status")
	text := string(must(d.Case.Sign(key))(t))
	var read struct {
		Answer json.RawMessage `json:"alipay_open_mini_isv_query_response"`
		Sign   string          `json:"sign"`
	}
	if err := json.Unmarshal([]byte(text), &read); err != nil {
		t.Fatal(err)
	}
	if err := keys.Verify(&key.PublicKey, keys.RSA2, read.Answer, read.Sign); err != nil {
		t.Error(err)
	}
	for _, want := range []string{`"status":"HALF_AGREED"`, `"code":"10000"`, `"owner":"{\"name\":\"某某某\",\"n\":-1.1E1}"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
	if strings.Contains(text, number) {
		t.Errorf("the order's number is in %s", text)
	}
}

// A stream of ever new differences fills neither the list nor the metric.
func TestTheListIsBounded(t *testing.T) {
	s := newSides(t)
	number := s.began()
	const abc = "abcdefghijklmnopqrstuvwxyz"
	letters := func(i int) string { return string([]byte{abc[i/676%26], abc[i/26%26], abc[i%26]}) }
	var set []string
	for i := range 520 {
		set = append(set, `"odd_`+letters(i)+`":"x"`)
	}
	s.manage("PUT", "faults", `{"faults":[{"method":"*.isv.query","kind":"other_answer","set":{`+strings.Join(set, ",")+`}}]}`)
	_, _ = s.client.QueryMiniProgramOrder(t.Context(), number)
	report := s.ledger.Report([]string{appID}, false)
	if len(report.Differences) != 500 || report.Unlisted != 20 {
		t.Errorf("%d listed and %d not", len(report.Differences), report.Unlisted)
	}
	if other := s.ledger.Report([]string{"2021000000000001"}, true); len(other.Differences) != 0 {
		t.Errorf("another app is shown %+v", other.Differences)
	}
	families := must(s.registry.Gather())(t)
	if len(families) != 1 || len(families[0].GetMetric()) != len(drift.Kinds()) {
		t.Errorf("series: %v", families)
	}
	if _, err := drift.NewLedger(nil, prometheus.WrapRegistererWith(nil, s.registry), s.clock); err == nil {
		t.Error("two ledgers count in one metric")
	}
}

// A whole life at the simulator, pushes included, holds nothing that is not known.
func TestTheSimulatorsOwnPushesAreKnown(t *testing.T) {
	s := newSides(t)
	s.began()
	s.pass(time.Hour)
	for _, name := range alipay.MessageNames() {
		s.push(`"msg_method":"` + name + `"`)
	}
	for _, name := range []string{alipay.MessageOpenAppAuth, alipay.MessageServiceMarketOrder} {
		s.push(`"notify_type":"` + name + `"`)
	}
	report := s.ledger.Report([]string{appID}, false)
	if report.Messages < 18 || len(report.Differences) > 0 {
		t.Errorf("%d messages, and %+v", report.Messages, report.Differences)
	}
}
