package main

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/loopback"
	"miniflow/internal/telemetry"
)

// serve has a default for every flag, so that the first start needs none. GatewayURL is the
// exception: only a person knows which receiver is tested, and pushes wait until it is given.
type serve struct {
	Listen     string   `help:"Where the gateway and the management API are served; this machine only." default:"127.0.0.1:8090"`
	DataDir    string   `help:"Where keys and state are kept; made when missing. A restart goes on where it stopped." default:"simulator-data" type:"path" placeholder:"DIR"`
	Speed      float64  `help:"Divides every delay of merchants, reviewers and retries." default:"1"`
	GatewayURL string   `help:"Where pushes go, the application gateway (应用网关): http://127.0.0.1:8080/alipay/notify. Without it pushes wait." placeholder:"URL"`
	AppID      []string `help:"The third-party apps, by app_id." default:"2021000000000000"`
	Rule       string   `help:"Which text pushes sign: with or without sign_type." enum:"with,without" default:"with"`
	Charset    string   `help:"The charset of pushes: utf-8 or gbk." enum:"utf-8,gbk" default:"utf-8"`
	Mode       string   `help:"How both sides prove themselves: key (公钥), or certificate (公钥证书)." enum:"key,certificate" default:"key"`
	SignType   string   `help:"The apps' signing method (接口加签方式): RSA2, or SM2 (国密). Keys of an earlier start are kept." enum:"RSA2,SM2" default:"RSA2"`
	CertSN     string   `name:"cert-sn" help:"Whether pushes name Alipay's certificate by alipay_cert_sn, and whether that is signed; neither is published. For --mode certificate." enum:"none,signed,unsigned" default:"none"`
	AES        bool     `name:"aes" help:"Give each app a content key (接口内容加密) and encrypt the pushes over HTTP with it."`
	WebSocket  []string `name:"websocket" help:"Messages that go over the long connection instead, as globs on their names, such as alipay.open.mini.*. The 1.0 layout never does." placeholder:"GLOB"`

	WellBehaved bool  `help:"No duplicates, no late or reordered pushes, no slow answers. Without it there are a few per cent of each, since Alipay has them; PUT /sim/v1/faults changes that."`
	Seed        int64 `help:"Which pushes and calls are struck; the same seed strikes the same ones of an order. 0 draws one." default:"0"`
}

// view is what is printed once it serves: everything that a configuration of the receiver needs.
type view struct {
	Gateway    string    `json:"gateway"`
	Management string    `json:"management"`
	GatewayURL string    `json:"gateway_url,omitempty"`
	Apps       []appView `json:"apps"`
	// Misbehaviour shows what a receiver under test has to expect; --well-behaved leaves it
	// out.
	Misbehaviour *alipaysim.Misbehaviour `json:"misbehaviour,omitempty"`
}

// Run serves until the context ends. It serves this machine alone: the management API has no
// key, and anyone who reaches it may do everything.
func (c *serve) Run(ctx context.Context, env *command.Env) (err error) {
	log, err := telemetry.NewLogger(env.Stderr, telemetry.LogOptions{Format: telemetry.FormatText, Level: slog.LevelInfo})
	if err != nil {
		return err
	}
	// Private keys go there, so nobody else may read it.
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w; choose another with --data-dir", err)
	}
	// A mistake in the flags ends it here, before a port is taken or the file of state is made.
	apps, view, err := c.apps()
	if err != nil {
		return err
	}
	view.Misbehaviour = c.misbehaviour()
	// The port is opened before the file, so that a second simulator on the same address fails
	// without waiting for the first one's lock.
	listener, err := command.ListenLoopback(ctx, c.Listen)
	if err != nil {
		return err
	}
	simulator, err := alipaysim.Open(alipaysim.Config{
		Path: filepath.Join(c.DataDir, "alipay.db"), Apps: apps, Speed: c.Speed, Logger: log, Now: env.Now,
		Misbehaviour: view.Misbehaviour,
	})
	if err != nil {
		_ = listener.Close() // nothing was served
		// Data that can't be used ends with 2: nothing was served, so nothing of it failed.
		return command.AsUsage(err)
	}
	// Closing writes what is still in memory: a failure there is one of the run.
	defer func() {
		if closing := simulator.Close(); err == nil {
			err = closing
		}
	}()
	// With port 0 only the listener knows where it is.
	view.Gateway = "http://" + listener.Addr().String() + "/gateway.do"
	view.Management = "http://" + listener.Addr().String() + "/sim/v1"
	if err := env.ShowLine(view, view.print); err != nil {
		return err
	}
	// Handler answers calls; Run does what falls due by itself: merchants, reviewers, pushes.
	// One without the other would be an Alipay that never pushes, or one that can't be asked.
	parts, ctx := errgroup.WithContext(ctx)
	parts.Go(func() error { return simulator.Run(ctx) })
	parts.Go(func() error { return command.ServeUntil(ctx, listener, loopback.CheckHost(simulator.Handler())) })
	return parts.Wait()
}

// misbehaviour is what the simulator does wrong, nil with --well-behaved. It misbehaves by default,
// because a receiver that was only tested with good manners meets Alipay's first in production.
func (c *serve) misbehaviour() *alipaysim.Misbehaviour {
	if c.WellBehaved {
		return nil
	}
	seed := c.Seed
	if seed == 0 {
		seed = rand.Int64N(math.MaxInt32) //nolint:gosec // no secret; short enough to be typed again
	}
	return alipaysim.DefaultMisbehaviour(seed)
}

// Real messages come both ways: Alipay's pages leave open whether sign_type is part of the
// signed text.
func ruleNamed(word string) alipaysim.NotifyRule {
	if word == "without" {
		return alipaysim.WithoutSignType
	}
	return alipaysim.WithSignType
}

// Anything but the two words was refused as a flag, so the default can't hide a mistake.
func charsetNamed(word string) alipaysim.Charset {
	if strings.EqualFold(word, "gbk") {
		return alipaysim.CharsetGBK
	}
	return alipaysim.CharsetUTF8
}

// print names each place as the receiver's configuration does, since that is what it is copied
// into.
func (v view) print(p *command.Page) {
	p.Line("%s", p.Good("Alipay, simulated"))
	p.Item("endpoint", v.Gateway)
	p.Item("management", v.Management+"/state")
	p.Item("long connection", strings.TrimSuffix(v.Gateway, "/gateway.do"), "the channel_endpoint of a configuration")
	// The commonest surprise is a receiver that gets nothing, so the page says why.
	if v.GatewayURL == "" {
		p.Item("pushes", "wait; say where they go with --gateway-url")
	} else {
		p.Item("pushes go to", v.GatewayURL)
	}
	if m := v.Misbehaviour; m != nil {
		p.Item("manners", fmt.Sprintf("some pushes come twice, late or overtaken, some answers take long (--seed %d)", m.Seed), "--well-behaved leaves that out")
	}
	for _, app := range v.Apps {
		app.print(p)
	}
}
