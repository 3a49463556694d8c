package listen

import (
	"bytes"
	"fmt"
	"sync"
	"time"

	"miniflow/alipay/notify"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/verifying"
)

// shown takes turns, because requests and connections write at the same time.
type shown struct {
	mutex sync.Mutex // one line at a time
	env   *command.Env
}

// line writes one thing that happened, while no other goroutine does: lines of JSON must not
// mix.
func (s *shown) line(value any, text func(*command.Page)) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if err := s.env.ShowLine(value, text); err != nil {
		_ = s.env.Note("show what came: %s", s.env.Translate(err.Error())) // an error that can't be printed has no other place to go
	}
}

// Received is one notification that came. It holds both answers, the receiver's and what
// Alipay was answered, because the second decides whether the message comes again.
type Received struct {
	At        time.Time         `json:"at"`
	Channel   string            `json:"channel"` // http or websocket
	Valid     bool              `json:"valid"`
	Name      string            `json:"name,omitempty"`
	NotifyID  string            `json:"notify_id,omitempty"`
	AppID     string            `json:"app_id,omitempty"`
	Rule      string            `json:"rule,omitempty"`
	Causes    []verifying.Cause `json:"causes,omitempty"`
	Status    int               `json:"status"` // what the receiver answered; over http, what Alipay was
	Answer    string            `json:"answer"`
	Ack       string            `json:"ack,omitempty"` // over the long connection, what Alipay was answered
	LatencyMS float64           `json:"latency_ms"`    // of the receiver
	Error     string            `json:"error,omitempty"`
}

// of names the notification. Nothing of it is shown before it has verified.
func (v *Received) of(n *notify.Notification) {
	v.Valid, v.Name, v.NotifyID, v.AppID = true, n.Name, n.NotifyID, n.AppID
}

// take keeps the receiver's answer even where it is wrong: seeing it is what a developer is
// here for.
func (v *Received) take(answer onwardAnswer) {
	v.Status, v.Answer = answer.status, answer.body
	v.LatencyMS = float64(answer.latency.Microseconds()) / 1000
	if answer.err != nil {
		v.Error = answer.err.Error()
	}
}

// well reports whether Alipay will not send the message again, by the rule of the way it came.
func (v Received) well() bool {
	if v.Channel == "websocket" {
		return v.Ack == ackSuccess
	}
	// Stricter than taken, as Alipay is: exactly seven letters, without a line break.
	return v.Status == 200 && v.Answer == "success"
}

// An invalid message shows its causes instead of an answer: the receiver never got it.
func (v Received) print(p *command.Page) {
	when := p.Faint(v.At.Local().Format(time.TimeOnly))
	if !v.Valid {
		p.Line("%s %s  not passed on  %s", when, p.Bad(p.Sayf("invalid")), p.Translate(v.Error))
		verifying.PrintCauses(p, v.Causes)
		return
	}
	answer := fmt.Sprintf("%d %s", v.Status, firstLine(v.Answer))
	if v.Error != "" {
		answer = p.Translate(v.Error)
	}
	// The mark is for what Alipay does next, not for what the receiver meant.
	mark := p.Bad("✗")
	if v.well() {
		mark = p.Good("✓")
	}
	if v.Ack != "" {
		answer += "  " + v.Ack
	}
	p.Line("%s %s %-52s %s  %s", when, mark, command.Clean(v.Name), command.Clean(answer), p.Faint(fmt.Sprintf("%.0f ms  %s", v.LatencyMS, command.Clean(v.NotifyID))))
}

// firstLine is enough of an answer that should be one word; a framework's page of errors would
// push the other messages off the screen.
func firstLine(text string) string {
	const most = 60
	line, _, more := bytes.Cut([]byte(text), []byte("\n"))
	if len(line) > most {
		line, more = bytes.ToValidUTF8(line[:most], nil), true
	}
	if more {
		return string(line) + "…"
	}
	return string(line)
}
