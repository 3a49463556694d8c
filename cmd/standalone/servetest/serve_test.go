package servetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"golang.org/x/sync/errgroup"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
)

const (
	// patience bounds every wait: the race detector makes all of it several times slower.
	patience = 2 * time.Minute
	often    = 100 * time.Millisecond
)

// speed divides every delay of the simulator; soon is one of them.
const (
	speed = 1000
	soon  = alipaysim.Duration(5 * time.Minute)
)

// TestServeUnderTheRaceDetector checks that a new cluster is set up, doors and workers run
// as processes of their own, orders go their ways over REST and Alipay's pushes,
// and a SIGTERM ends both processes in peace. No goroutine has raced another.
func TestServeUnderTheRaceDetector(t *testing.T) {
	t.Parallel()
	p := newProduction(t)
	p.run("config", "check")
	p.refusesToServe("before setup", "miniflow setup")
	p.run("setup")
	p.run("setup") // safe to repeat
	p.keepsHistories(40)

	doors := p.serve("door,api")
	worker := p.serve("worker")
	p.startSimulator(alipaysim.Rules{Rules: []alipaysim.Rule{
		{OutOrderNo: "plain", Audits: []alipaysim.AuditRule{{Result: "pass", After: soon}}},
		{OutOrderNo: "rejected", Audits: []alipaysim.AuditRule{
			{Result: "reject", After: soon, Reasons: []alipaysim.Reason{{Memo: "类目不符"}}}, {Result: "pass", After: soon},
		}},
		{OutOrderNo: "declined", Merchant: &alipaysim.MerchantRule{Answer: "REJECTED", After: soon}},
	}})
	p.start("plain")
	p.start("rejected")
	p.start("declined")
	rejected := p.await(doors, "rejected", order.StageAuditRejected)
	if got := rejected.Audits[0].Reasons; len(got) == 0 || got[0].Memo != "类目不符" {
		t.Errorf("the reasons are %v", got)
	}
	p.resubmit("rejected")
	p.await(doors, "rejected", order.StageOnline)
	p.await(doors, "plain", order.StageOnline)
	p.await(doors, "declined", order.StageMerchantRejected)
	p.pushesWereHeard("plain", "rejected", "declined")

	for _, process := range []*outside.Process{doors, worker} {
		p.ends(process)
	}
}

// ends asks a process to end, and judges what it has said in its life.
func (p *production) ends(process *outside.Process) {
	p.t.Helper()
	err := process.Terminate(p.within())
	output := process.Output()
	if bytes.Contains(output, []byte("DATA RACE")) {
		p.t.Fatalf("a race:\n%s", output)
	}
	must(p.t, err)
	for _, secret := range append(outside.SampleSecrets(), p.apiKey, p.sealingKey) {
		if bytes.Contains(output, []byte(secret)) {
			p.t.Errorf("the log shows %q", secret)
		}
	}
}

// refusesToServe expects that serve ends by itself, saying what to do.
func (p *production) refusesToServe(when, hint string) {
	p.t.Helper()
	process, err := outside.Start(p.t.Context(), program, []string{"serve", "--config", p.config}, p.env)
	must(p.t, err)
	if err := process.Wait(p.within()); err == nil {
		p.t.Errorf("serve ended without an error %s", when)
	}
	if output := string(process.Output()); !strings.Contains(output, hint) {
		p.t.Errorf("%s serve does not say %q:\n%s", when, hint, output)
	}
}

// keepsHistories expects what setup has made of the namespace.
func (p *production) keepsHistories(days int) {
	p.t.Helper()
	temporal, err := client.DialContext(p.t.Context(), client.Options{HostPort: p.temporal, Namespace: namespace, Logger: silent()})
	must(p.t, err)
	defer temporal.Close()
	described, err := temporal.WorkflowService().DescribeNamespace(p.t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	must(p.t, err)
	if kept := described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(); kept != time.Duration(days)*24*time.Hour {
		p.t.Errorf("histories are kept %s, not %d days", kept, days)
	}
}

// pushesWereHeard expects that messages have moved these orders: orders that only polled
// would end too, and prove nothing of the door.
func (p *production) pushesWereHeard(outOrderNos ...string) {
	p.t.Helper()
	for _, outOrderNo := range outOrderNos {
		view, err := p.api.Order(p.t.Context(), appID, outOrderNo)
		must(p.t, err)
		applied := 0
		for _, item := range view.Timeline {
			if item.NotifyID != "" && item.Disposition == order.DispositionApplied {
				applied++
			}
		}
		if applied == 0 {
			p.t.Errorf("no message moved %s: %+v", outOrderNo, view.Timeline)
		}
	}
}

// start starts an order as the ISV's backend would.
func (p *production) start(outOrderNo string) {
	p.t.Helper()
	must(p.t, p.api.Call(p.t.Context(), http.MethodPost, "/v1/orders", outside.Sample(appID, outOrderNo, p.logo), nil))
}

// resubmit corrects a rejected order.
func (p *production) resubmit(outOrderNo string) {
	p.t.Helper()
	corrected := outside.SampleSubmission(p.logo)
	corrected["app_desc"] = "示例小店是一家社区餐厅，提供堂食与外带，营业时间为每日九点至二十一点。"
	path := outside.OrderPath(appID, outOrderNo) + "/" + string(order.CommandResubmit)
	must(p.t, p.api.Call(p.t.Context(), http.MethodPost, path, map[string]any{"submission": corrected}, nil))
}

// await waits until an order has reached a stage.
func (p *production) await(doors *outside.Process, outOrderNo string, stage order.Stage) (view order.View) {
	p.t.Helper()
	must(p.t, doors.Await(p.within(), often, func() (err error) {
		view, err = p.api.Order(p.t.Context(), appID, outOrderNo)
		if err == nil && view.Stage != stage {
			err = fmt.Errorf("%s is at %s, on hold %+v", outOrderNo, view.Stage, view.Hold)
		}
		return err
	}))
	return view
}

// startSimulator starts an Alipay. What is pushed over the long connection is chosen by name.
func (p *production) startSimulator(rules alipaysim.Rules, overSocket ...string) {
	p.t.Helper()
	app, err := alipaysim.LoadApp(p.keys, appID)
	must(p.t, err)
	app.WebSocket = overSocket
	app.GatewayURL = p.api.Base + "/alipay/notify"
	simulator, err := alipaysim.Open(alipaysim.Config{Volatile: true, Path: p.file("alipay.db"), Apps: []alipaysim.App{app}, Speed: speed})
	must(p.t, err)
	must(p.t, simulator.SetRules(rules))
	server := &http.Server{Handler: simulator.Handler(), ReadHeaderTimeout: time.Minute}
	ctx, cancel := context.WithCancel(context.WithoutCancel(p.t.Context()))
	var parts errgroup.Group
	parts.Go(func() error { return server.Serve(p.alipay) })
	parts.Go(func() error { return simulator.Run(ctx) })
	p.t.Cleanup(func() {
		cancel()
		_ = server.Close()
		if err := errors.Join(parts.Wait(), simulator.Close()); !errors.Is(err, http.ErrServerClosed) {
			p.t.Errorf("the simulator: %v", err)
		}
	})
	p.logo, err = outside.Caller{Base: "http://" + p.alipay.Addr().String()}.File(p.t.Context(), "/sim/v1/files/logo.png")
	must(p.t, err)
}

func silent() log.Logger { return log.NewStructuredLogger(slog.New(slog.DiscardHandler)) }
