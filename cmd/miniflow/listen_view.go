package main

import (
	"bytes"
	"fmt"
	"sync"
	"time"

	"miniflow/alipay/notify"
)

// shown is where listen writes what happens, from wherever it happens.
type shown struct {
	mutex sync.Mutex // one line at a time
	out   *surroundings
}

// line writes one thing that happened.
func (s *shown) line(value any, text func(*page)) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if err := s.out.showLine(value, text); err != nil {
		_, _ = fmt.Fprintf(s.out.stderr, "miniflow: show what came: %v\n", err)
	}
}

// receivedView is one notification that came.
type receivedView struct {
	At        time.Time   `json:"at"`
	Channel   string      `json:"channel"` // http or websocket
	Valid     bool        `json:"valid"`
	Name      string      `json:"name,omitempty"`
	NotifyID  string      `json:"notify_id,omitempty"`
	AppID     string      `json:"app_id,omitempty"`
	Rule      string      `json:"rule,omitempty"`
	Causes    []causeView `json:"causes,omitempty"`
	Status    int         `json:"status"` // what the receiver answered; over http, what Alipay was
	Answer    string      `json:"answer"`
	Ack       string      `json:"ack,omitempty"` // over the long connection, what Alipay was answered
	LatencyMS float64     `json:"latency_ms"`    // of the receiver
	Error     string      `json:"error,omitempty"`
}

// of names the notification.
func (v *receivedView) of(n *notify.Notification) {
	v.Valid, v.Name, v.NotifyID, v.AppID = true, n.Name, n.NotifyID, n.AppID
}

// take keeps the receiver's answer.
func (v *receivedView) take(answer onwardAnswer) {
	v.Status, v.Answer = answer.status, answer.body
	v.LatencyMS = float64(answer.latency.Microseconds()) / 1000
	if answer.err != nil {
		v.Error = answer.err.Error()
	}
}

// well tells whether Alipay will be content with the answer.
func (v receivedView) well() bool {
	if v.Channel == "websocket" {
		return v.Ack == ackSuccess
	}
	return v.Status == 200 && v.Answer == "success"
}

func (v receivedView) print(p *page) {
	when := p.faint(v.At.Local().Format(time.TimeOnly))
	if !v.Valid {
		p.line("%s %s  not passed on  %s", when, p.bad("invalid"), clean(v.Error))
		invalidView{Causes: v.Causes}.causes(p)
		return
	}
	answer := fmt.Sprintf("%d %s", v.Status, firstLine(v.Answer))
	if v.Error != "" {
		answer = v.Error
	}
	mark := p.bad("✗")
	if v.well() {
		mark = p.good("✓")
	}
	if v.Ack != "" {
		answer += "  " + v.Ack
	}
	p.line("%s %s %-52s %s  %s", when, mark, clean(v.Name), clean(answer), p.faint(fmt.Sprintf("%.0f ms  %s", v.LatencyMS, clean(v.NotifyID))))
}

// firstLine is enough of an answer that should be one word.
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
