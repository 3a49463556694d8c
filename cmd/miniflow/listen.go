package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/diagnose"
)

// listenCommand is an application gateway (应用网关) for a developer's machine:
// what arrives is verified, shown, and passed on byte by byte. What doesn't
// verify is explained and not passed on.
type listenCommand struct {
	ForwardTo string        `help:"Where genuine notifications are posted, their exact bytes. Left out: they are shown and answered with success." placeholder:"URL"`
	Listen    string        `help:"Where to receive; this machine only. Lead Alipay or a simulator here by a tunnel or --gateway-url." default:"127.0.0.1:8070"`
	Channel   string        `help:"How messages come: http. The long connection (websocket) is not in this version." enum:"http,websocket" default:"http"`
	Patience  time.Duration `help:"How long the receiver may take; Alipay gives up after some 16 s." default:"15s"`
	verifyKeys
}

// Run receives until the context ends.
func (c *listenCommand) Run(ctx context.Context, out *surroundings) error {
	if c.Channel == "websocket" {
		return usagef("listen can't open the long connection yet; use --channel http and lead pushes to this address")
	}
	if target, err := url.Parse(c.ForwardTo); c.ForwardTo != "" && (err != nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https") {
		return usagef("--forward-to %q is no http or https URL", c.ForwardTo)
	}
	apps, err := c.apps(out)
	if err != nil {
		return asUsage(err)
	}
	// What is wrong with the keys is said now, not at the first message.
	if answer, err := diagnose.Ask(diagnose.Question{Apps: apps}); err != nil || answer.Findings[0].Cause == diagnose.CauseApplicationKey {
		return asUsage(errors.Join(err, alipay.ErrApplicationKey))
	}
	listener, err := listenLoopback(ctx, c.Listen)
	if err != nil {
		return err
	}
	door := &listenDoor{apps: apps, target: c.ForwardTo, out: out, client: &http.Client{
		Timeout: c.Patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	address := "http://" + listener.Addr().String() + "/"
	if err := out.showLine(map[string]string{"listening": address, "forward_to": c.ForwardTo}, func(p *page) {
		p.line("%s %s  %s", p.good("listening"), address, p.faint("ctrl-c ends"))
	}); err != nil {
		return err
	}
	return serveUntil(ctx, listener, checkHost(door))
}

// listenDoor answers as the receiver behind it does.
type listenDoor struct {
	apps   []alipay.App
	target string
	client *http.Client
	mutex  sync.Mutex // one line at a time
	out    *surroundings
}

// receivedView is one notification that came.
type receivedView struct {
	At        time.Time   `json:"at"`
	Valid     bool        `json:"valid"`
	Name      string      `json:"name,omitempty"`
	NotifyID  string      `json:"notify_id,omitempty"`
	AppID     string      `json:"app_id,omitempty"`
	Rule      string      `json:"rule,omitempty"`
	Causes    []causeView `json:"causes,omitempty"`
	Status    int         `json:"status"` // what was answered
	Answer    string      `json:"answer"`
	LatencyMS float64     `json:"latency_ms"` // of the receiver
	Error     string      `json:"error,omitempty"`
}

// ServeHTTP takes POST on every path.
func (d *listenDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "Alipay posts its notifications", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, alipay.MaxBody))
	if err != nil {
		http.Error(w, "fail", http.StatusBadRequest)
		return
	}
	v := receivedView{At: d.out.now().UTC()}
	answer, err := diagnose.Ask(diagnose.Question{Text: body, Apps: d.apps})
	switch {
	case err != nil:
		v.Status, v.Answer, v.Error = http.StatusInternalServerError, "fail", err.Error()
	case answer.Notification == nil:
		v.Status, v.Answer, v.Causes = http.StatusForbidden, "fail", newInvalidView(answer).Causes
	default:
		n := answer.Notification
		v.Valid, v.Name, v.NotifyID, v.AppID, v.Rule = true, n.Name, n.NotifyID, n.AppID, n.Rule.String()
		d.pass(r, body, &v)
	}
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(v.Status)
	_, _ = io.WriteString(w, v.Answer) // a sender that left gets nothing more
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if err := d.out.showLine(v, v.print); err != nil {
		_, _ = fmt.Fprintf(d.out.stderr, "miniflow: show a notification: %v\n", err)
	}
}

// maxReceiverAnswer is how much of the receiver's answer is passed back, in bytes.
const maxReceiverAnswer = 64 << 10

// pass posts the bytes on and keeps the answer.
func (d *listenDoor) pass(r *http.Request, body []byte, v *receivedView) {
	if d.target == "" {
		v.Status, v.Answer = http.StatusOK, "success"
		return
	}
	began := d.out.now()
	defer func() { v.LatencyMS = float64(d.out.now().Sub(began).Microseconds()) / 1000 }()
	fails := func(err error) { v.Status, v.Answer, v.Error = http.StatusBadGateway, "fail", err.Error() }
	request, err := http.NewRequestWithContext(r.Context(), http.MethodPost, d.target, bytes.NewReader(body))
	if err != nil {
		fails(err)
		return
	}
	for _, name := range []string{"Content-Type", "User-Agent"} {
		request.Header.Set(name, r.Header.Get(name))
	}
	response, err := d.client.Do(request)
	if err != nil {
		fails(err)
		return
	}
	defer func() { _ = response.Body.Close() }() // nothing more is read from it
	text, err := io.ReadAll(io.LimitReader(response.Body, maxReceiverAnswer))
	if err != nil {
		fails(err)
		return
	}
	v.Status, v.Answer = response.StatusCode, string(text)
}

func (v receivedView) print(p *page) {
	when := p.faint(v.At.Local().Format(time.TimeOnly))
	if !v.Valid {
		p.line("%s %s  not passed on", when, p.bad("invalid"))
		invalidView{Causes: v.Causes}.causes(p)
		return
	}
	answer := fmt.Sprintf("%d %s", v.Status, firstLine(v.Answer))
	if v.Error != "" {
		answer = v.Error
	}
	mark := p.bad("✗")
	if v.Status == http.StatusOK && v.Answer == "success" {
		mark = p.good("✓")
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
