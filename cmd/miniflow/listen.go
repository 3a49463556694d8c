package main

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/diagnose"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

// listenCommand is a receiver of Alipay's messages for a developer's machine,
// over both of Alipay's ways: an application gateway (应用网关), or the long
// connection. What arrives is verified, shown, and passed on byte by byte. What
// doesn't verify is explained and not passed on.
type listenCommand struct {
	ForwardTo string        `help:"Where genuine notifications are posted, their exact bytes. Left out: they are shown and answered with success." placeholder:"URL"`
	Channel   string        `help:"How messages come: http, pushed to the address that --listen opens, or websocket, over the long connection (长连接)." enum:"http,websocket" default:"http"`
	Listen    string        `help:"With http, where to receive; this machine only. Lead Alipay or a simulator here by a tunnel or --gateway-url." default:"127.0.0.1:8070"`
	Patience  time.Duration `help:"How long the receiver may take; Alipay gives up after some 16 s." default:"15s"`
	linkFlags
	verifyKeys
}

// Run receives until the context ends.
func (c *listenCommand) Run(ctx context.Context, out *surroundings) error {
	if target, err := url.Parse(c.ForwardTo); c.ForwardTo != "" && (err != nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https") {
		return usagef("--forward-to %q is no http or https URL", c.ForwardTo)
	}
	show := &shown{out: out}
	onward := newOnward(c.ForwardTo, c.Patience, out.now)
	if c.Channel == "websocket" {
		return c.connect(ctx, show, onward)
	}
	apps, err := c.apps(out)
	if err == nil {
		err = judgeKeys(apps)
	}
	if err != nil {
		return asUsage(err)
	}
	listener, err := listenLoopback(ctx, c.Listen)
	if err != nil {
		return err
	}
	address := "http://" + listener.Addr().String() + "/"
	if err := out.showLine(map[string]string{"listening": address, "forward_to": c.ForwardTo}, func(p *page) {
		p.line("%s %s  %s", p.good("listening"), address, p.faint("ctrl-c ends"))
	}); err != nil {
		return err
	}
	return serveUntil(ctx, listener, checkHost(&listenDoor{apps: apps, onward: onward, show: show}))
}

// judgeKeys says what is wrong with the keys before the first message comes.
func judgeKeys(apps []notify.App) error {
	answer, err := diagnose.Ask(diagnose.Question{Apps: apps})
	if err != nil {
		return err
	}
	if answer.Findings[0].Cause == diagnose.CauseApplicationKey {
		return keys.ErrApplicationKey
	}
	return nil
}

// listenDoor answers as the receiver behind it does.
type listenDoor struct {
	apps   []notify.App
	onward *onward
	show   *shown
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
	v := receivedView{At: d.show.out.now().UTC(), Channel: "http"}
	answer, err := diagnose.Ask(diagnose.Question{Text: body, Apps: d.apps})
	switch {
	case err != nil:
		v.Status, v.Answer, v.Error = http.StatusInternalServerError, "fail", err.Error()
	case answer.Notification == nil:
		v.Status, v.Answer, v.Causes = http.StatusForbidden, "fail", newInvalidView(answer).Causes
	default:
		v.of(answer.Notification)
		v.Rule = answer.Notification.Rule.String()
		headers := map[string]string{"Content-Type": r.Header.Get("Content-Type"), "User-Agent": r.Header.Get("User-Agent")}
		if v.take(d.onward.post(r.Context(), body, headers)); v.Error != "" {
			v.Status, v.Answer = http.StatusBadGateway, "fail"
		}
	}
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(v.Status)
	_, _ = io.WriteString(w, v.Answer) // a sender that left gets nothing more
	d.show.line(v, v.print)
}
