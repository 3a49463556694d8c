package listen

import (
	"net/url"
	"strings"
	"testing"

	"miniflow/cmd/internal/command"
)

// TestWhatListenShowsAPerson prints each kind of line once, in colour.
func TestWhatListenShowsAPerson(t *testing.T) {
	target, err := url.Parse("https://isv.example/handler")
	if err != nil {
		t.Fatal(err)
	}
	link := func(v LinkEvent) func(*command.Page) { return v.print }
	got := func(v Received) func(*command.Page) { return v.print }
	for _, test := range []struct {
		show func(*command.Page)
		want []string
	}{
		{link(LinkEvent{Event: linkConnecting, URL: "https://openchannel.alipay.com", AppID: "2021"}), []string{"connecting to https://openchannel", "2021", "ctrl-c"}},
		{link(LinkEvent{Event: linkConnected}), []string{"\x1b[32mconnected"}},
		{link(LinkEvent{Event: linkRegained}), []string{"\x1b[32mregained"}},
		{link(LinkEvent{Event: linkLost, HeldSeconds: 61, Error: "gone"}), []string{"\x1b[31mlost", "1m1s", "gone"}},
		{link(LinkEvent{Event: linkFailed, Error: "refused\x1b[2J"}), []string{"\x1b[33mnot connected", "refused\ufffd[2J"}},
		{link(LinkEvent{Event: linkAckLost}), []string{"comes again"}},
		{got(Received{Channel: "websocket", Valid: true, Name: "m", Status: 200, Answer: "success", Ack: ackSuccess, LatencyMS: 12}), []string{"\x1b[32m✓", "SUCCESS", "12 ms"}},
		{got(Received{Channel: "websocket", Valid: true, Name: "m", Error: "no answer from " + target.Host, Ack: ackFail}), []string{"\x1b[31m✗", "isv.example", "FAIL"}},
		{got(Received{Channel: "websocket", Error: "forged", Ack: ackFail}), []string{"\x1b[31minvalid", "not passed on", "forged"}},
		{got(Received{Channel: "http", Valid: true, Name: "m", Status: 200, Answer: "success"}), []string{"\x1b[32m✓", "200 success"}},
		{got(Received{Channel: "http", Valid: true, Name: "m", Status: 202, Answer: "success"}), []string{"\x1b[31m✗"}},
	} {
		var text strings.Builder
		test.show(command.NewPage(&text, true))
		for _, want := range test.want {
			if !strings.Contains(text.String(), want) {
				t.Errorf("printed %q, want %q", text.String(), want)
			}
		}
	}
}
