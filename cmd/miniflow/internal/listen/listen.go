// Package listen is `miniflow listen`. A receiver can be developed behind it without one line
// that verifies: what it gets is genuine, and byte for byte what Alipay sent.
package listen

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
	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/loopback"
	"miniflow/cmd/miniflow/internal/verifying"
)

// Command is `miniflow listen`. It is a receiver of Alipay's messages for a developer's
// machine, over both of Alipay's ways: an application gateway (应用网关), or the long
// connection. What arrives is verified, shown, and passed on byte by byte, because a signature
// covers bytes. What doesn't verify is explained and not passed on.
type Command struct {
	ForwardTo string        `help:"Where genuine notifications are posted, their exact bytes. Left out: they are shown and answered with success." placeholder:"URL"`
	Channel   string        `help:"How messages come: http, pushed to the address that --listen opens, or websocket, over the long connection (长连接)." enum:"http,websocket" default:"http"`
	Listen    string        `help:"With http, where to receive; this machine only. Lead Alipay or a simulator here by a tunnel or --gateway-url." default:"127.0.0.1:8070"`
	Patience  time.Duration `help:"How long the receiver may take; Alipay gives up after some 16 s." default:"15s"`
	linkFlags
	verifying.Keys
}

// Run receives until the context ends. It serves this machine alone: a tunnel or a
// simulator leads Alipay's messages here, and nobody else has to reach a developer's handler.
func (c *Command) Run(ctx context.Context, env *command.Env) error {
	// Before a port is opened: a wrong target would otherwise show at the first message, which
	// Alipay would then send again.
	if target, err := url.Parse(c.ForwardTo); c.ForwardTo != "" && (err != nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https") {
		return command.Usagef("--forward-to %q is no http or https URL", c.ForwardTo)
	}
	show := &shown{env: env}
	onward := newOnward(c.ForwardTo, c.Patience, env.Now)
	if c.Channel == "websocket" {
		return c.connect(ctx, show, onward)
	}
	apps, err := c.Apps(env)
	if err == nil {
		err = judgeKeys(apps)
	}
	if err != nil {
		return command.AsUsage(err)
	}
	// 8070 unless told otherwise, so that it runs beside serve (8080) and the simulator (8090).
	listener, err := command.ListenLoopback(ctx, c.Listen)
	if err != nil {
		return err
	}
	address := "http://" + listener.Addr().String() + "/"
	if err := env.ShowLine(map[string]string{"listening": address, "forward_to": c.ForwardTo}, func(p *command.Page) {
		p.Line("%s %s  %s", p.Good(p.Sayf("listening")), address, p.Faint(p.Sayf("ctrl-c ends")))
	}); err != nil {
		return err
	}
	return command.ServeUntil(ctx, listener, loopback.CheckHost(&door{apps: apps, onward: onward, show: show}))
}

// judgeKeys says what is wrong with the keys before the first message comes: otherwise every
// message would be explained by the same mistake.
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

// door answers as the receiver behind it does, so that Alipay sends again what that has
// refused.
type door struct {
	apps   []notify.App
	onward *onward
	show   *shown
}

// ServeHTTP takes POST on every path: which one Alipay is given is the developer's choice. The
// receiver's status and answer go back as they are, so that Alipay sends again what it refused.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "Alipay posts its notifications", http.StatusMethodNotAllowed)
		return
	}
	// The same limit as the door's: what is larger would be refused in production too.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, alipay.MaxBody))
	if err != nil {
		http.Error(w, "fail", http.StatusBadRequest)
		return
	}
	v := Received{At: d.show.env.Now().UTC(), Channel: "http"}
	answer, err := diagnose.Ask(diagnose.Question{Text: body, Apps: d.apps})
	switch {
	case err != nil:
		v.Status, v.Answer, v.Error = http.StatusInternalServerError, "fail", err.Error()
	// 403 and "fail", as the door answers: Alipay goes on sending it while the developer corrects
	// the keys.
	case answer.Notification == nil:
		v.Status, v.Answer, v.Causes = http.StatusForbidden, "fail", verifying.CausesOf(answer)
	default:
		v.of(answer.Notification)
		v.Rule = answer.Notification.Rule.String()
		// The charset may stand in the header alone, and the receiver needs it to read the
		// form.
		headers := map[string]string{"Content-Type": r.Header.Get("Content-Type"), "User-Agent": r.Header.Get("User-Agent")}
		if v.take(d.onward.post(r.Context(), body, headers)); v.Error != "" {
			v.Status, v.Answer = http.StatusBadGateway, "fail"
		}
	}
	// Plain text: a receiver's page of errors is not to be rendered by whoever opens this address.
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(v.Status)
	_, _ = io.WriteString(w, v.Answer) // a sender that left gets nothing more
	d.show.line(v, v.print)
}
