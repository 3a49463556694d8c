package order_test

import (
	"testing"
	"time"
	"unicode"

	"miniflow/order"
	"miniflow/words"
)

// situations are orders at every stage, under every hold, with everything that words depend on.
func situations() []order.Situation {
	var all []order.Situation
	for _, stage := range order.Stages() {
		for _, hold := range append(order.HoldKinds(), "") {
			plain := order.Situation{Stage: stage, Hold: hold, HoldCode: "CODE"}
			external, version, calling, paused, cancelling, queued := plain, plain, plain, plain, plain, plain
			external.Policy.Create = order.StepExternal
			version.HoldFields = []string{"version.app_version"}
			calling.Call = "upload"
			paused.Paused, paused.LastAnswer, paused.NextTry = "upload", "BUSY", time.Date(2026, 11, 20, 8, 5, 0, 0, time.UTC)
			cancelling.CancelRequested = true
			queued.Queue = &order.QueuePlace{Behind: "OUT0", Place: 2}
			all = append(all, plain, external, version, calling, paused, cancelling, queued)
		}
	}
	return all
}

func isChinese(text string) bool {
	for _, r := range text {
		if unicode.Is(unicode.Han, r) {
			return true
		}
	}
	return false
}

// TestEverySituationIsSaidInBothLanguages: what the order waits for, what follows, and why a command
// is not taken.
func TestEverySituationIsSaidInBothLanguages(t *testing.T) {
	for _, s := range situations() {
		texts := []words.Text{s.WaitingFor(), s.Next()}
		for _, command := range append(order.Commands(), order.CommandBeginAgain, "dance") {
			if err := s.Refuse(command); err != nil {
				texts = append(texts, words.OfError(err))
			}
		}
		if task := (order.Hold{Kind: s.Hold}).MerchantTask(); task != "" {
			texts = append(texts, task.Asks())
		}
		for _, text := range texts {
			if english, chinese := text.In(words.English), text.In(words.Chinese); english == "" || isChinese(english) || !isChinese(chinese) {
				t.Errorf("%+v says %q and %q", s, english, chinese)
			}
		}
	}
}

// TestWordsAreBoundedTogether: a person's are cut, and codes are not.
func TestWordsAreBoundedTogether(t *testing.T) {
	text := words.New("failure.said", "0123456789", words.New("wait.answer", "0123456789"))
	if got := order.CutWords(text, 14).String(); got != "0123456789 (Alipay's answer to 0…)" {
		t.Errorf("it became %q", got)
	}
	if got := order.CutWords(text, 5).String(); got != "01… (Alipay's answer to …)" {
		t.Errorf("it became %q", got)
	}
}
