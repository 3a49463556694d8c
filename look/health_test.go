package look

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/order"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// recorded is a record of facts, 1 for told and 0 for found by a look.
func recorded(facts string) Record {
	record := Record{}
	for _, fact := range facts {
		record = record.learn(fact == told)
	}
	return record
}

// TestHealth is judged by the last fifty facts, of which one in twenty-five may be missed.
func TestHealth(t *testing.T) {
	ones := func(n int) string { return strings.Repeat("1", n) }
	for facts, want := range map[string]Health{
		"":                      HealthLearning,
		"1":                     HealthLearning,
		"1111":                  HealthLearning,
		"11111":                 HealthHealthy,
		"0":                     HealthUnhealthy,
		"0" + ones(4):           HealthUnhealthy,
		"0" + ones(23):          HealthUnhealthy,
		"0" + ones(24):          HealthHealthy,
		ones(24) + "0":          HealthHealthy,
		"00" + ones(47):         HealthUnhealthy,
		"00" + ones(48):         HealthHealthy,
		"000" + ones(47):        HealthUnhealthy,
		"000" + ones(48):        HealthHealthy, // the oldest is forgotten
		ones(500) + "000":       HealthUnhealthy,
		"0000000000" + ones(50): HealthHealthy,
	} {
		record := recorded(facts)
		if got := record.Health(); got != want {
			t.Errorf("%s is %s, want %s", facts, got, want)
		}
		if _, of := record.Told(); of != min(len(facts), 50) {
			t.Errorf("%s: %d are remembered", facts, of)
		}
	}
}

// TestALostMessageEndsHealthAtOnce, however good the past was, and its order's own report of it is
// not a second one.
func TestALostMessageEndsHealthAtOnce(t *testing.T) {
	for name, facts := range map[string]string{"healthy": strings.Repeat("1", 50), "learning": "111", "new": ""} {
		record := recorded(facts).lose(noon)
		if record.Health() != HealthUnhealthy || record.Facts != "0" || !record.Lost.Equal(noon) {
			t.Errorf("%s: now %+v, %s", name, record, record.Health())
		}
		if record = record.learn(false); record.Facts != "0" {
			t.Errorf("%s: it counts twice: %+v", name, record)
		}
		if again := record.learn(false); again.Facts != "00" {
			t.Errorf("%s: another order's is not counted: %+v", name, again)
		}
		for range 24 {
			record = record.learn(true)
		}
		if record.Health() != HealthHealthy {
			t.Errorf("%s: after 24 that were told it is %s", name, record.Health())
		}
	}
	if record := recorded("1110").lose(noon); record.Facts != "1110" {
		t.Errorf("one that is unhealthy forgets: %+v", record)
	}
}

// TestATopicIsAsHealthyAsItsMessages: one that is missing is enough, and one that is rare keeps no
// topic from being healthy.
func TestATopicIsAsHealthyAsItsMessages(t *testing.T) {
	passed, rejected, base := alipay.MessageVersionAuditPassed, alipay.MessageVersionAuditRejected, alipay.MessageVersionBaseAuditPassed
	healthy, lost := recorded("11111"), recorded("0")
	for _, test := range []struct {
		records map[string]Record
		want    Health
	}{
		{nil, HealthLearning},
		{map[string]Record{passed: recorded("1111")}, HealthLearning},
		{map[string]Record{passed: healthy}, HealthHealthy},
		{map[string]Record{passed: healthy, rejected: recorded("1")}, HealthHealthy},
		{map[string]Record{passed: healthy, rejected: healthy, base: lost}, HealthUnhealthy},
		{map[string]Record{alipay.MessageMerchantConfirmed: lost, passed: healthy}, HealthHealthy},
	} {
		if got := health(test.records, TopicAudit); got != test.want {
			t.Errorf("with %v it is %s, want %s", test.records, got, test.want)
		}
	}
}

// TestEveryWaitThatAMessageEndsHasItsTopic, by the kind of the order too.
func TestEveryWaitThatAMessageEndsHasItsTopic(t *testing.T) {
	for key, want := range map[string]Topic{
		"merchant formal": TopicConfirmation, "merchant trial": TopicRegistration, "certification trial": TopicRegistration,
		"audit formal": TopicAudit, "audit trial": TopicAudit, "audit release": TopicAudit, "change formal": "", "release formal": "",
	} {
		wait, kind, _ := strings.Cut(key, " ")
		if got := TopicOf(order.Wait(wait), order.Kind(kind)); got != want {
			t.Errorf("%s has the topic %q", key, got)
		}
	}
	seen := map[string]bool{}
	for _, topic := range append(Topics(), "") {
		for _, message := range topic.Messages() {
			if seen[message] || topicOfMessage(message) != topic || !slices.Contains(alipay.MessageNames(), message) {
				t.Errorf("%s of %s is another's, or unknown", message, topic)
			}
			seen[message] = true
		}
	}
	if len(seen) != 5 || topicOfMessage("alipay.open.app.api.field.changed") != "" {
		t.Errorf("announced are %v", seen)
	}
	if got := fmt.Sprint([]order.Wait{waitOf(order.Fact{Message: alipay.MessageVersionAuditRejected}), waitOf(order.Fact{Message: alipay.MessageFastRegisterChanged}),
		waitOf(order.Fact{Message: alipay.MessageFastRegisterChanged, Wait: order.WaitCertification})}); got != "[audit merchant certification]" {
		t.Errorf("the facts ended %s", got)
	}
}

// TestLengthsAreLearned from the last fifty waits, and say nothing while there are too few.
func TestLengthsAreLearned(t *testing.T) {
	var lengths Lengths
	for i := range 4 {
		lengths = lengths.with(order.Duration(time.Duration(i+1) * time.Hour))
	}
	if lengths.Percentile(Median) != 0 || len(lengths.with(0)) != 4 {
		t.Errorf("%v say %s", lengths, lengths.Percentile(Median))
	}
	for i := range 96 {
		lengths = lengths.with(order.Duration(time.Duration(i+5) * time.Hour))
	}
	if got := fmt.Sprint(len(lengths), lengths.Percentile(Median), lengths.Percentile(Usual), lengths.Percentile(100)); got != "50 75h0m0s 95h0m0s 100h0m0s" {
		t.Errorf("got %s", got)
	}
}
