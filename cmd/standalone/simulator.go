package main

import (
	"log/slog"
	"math"
	"math/rand/v2"

	"miniflow/alipay/alipaysim"
	"miniflow/internal/config"
)

// newSimulator is Alipay as the command line wants it. It is linked and not started beside: one
// process is what can be started and stopped as a whole.
func newSimulator(line flags, h *home, gatewayURL string) (*alipaysim.Simulator, error) {
	app, err := simulatedApp(line, h)
	if err != nil {
		return nil, err
	}
	// Only now, when the door's port is known.
	app.GatewayURL = gatewayURL
	simulator, err := alipaysim.Open(alipaysim.Config{
		Path: h.path("alipay.db"), Apps: []alipaysim.App{app}, Speed: line.Speed, Logger: h.log, Misbehaviour: misbehaviour(line, h.log),
	})
	if err != nil {
		return nil, err
	}
	// Without demonstrations merchants and reviewers do what they do by default, for orders of
	// a developer's own.
	if line.Demo {
		err = simulator.SetRules(demoRules())
	}
	return simulator, err
}

// settings has the same keys from the other side; a difference would be refused by the first
// call.
func simulatedApp(line flags, h *home) (alipaysim.App, error) {
	app, err := alipaysim.LoadApp(h.path("keys"), appID)
	if err != nil {
		return app, err
	}
	app.CertSNInPushes = alipaysim.CertSNRule(line.CertSN)
	if line.Mode == modeCertificate {
		if app.Certificates, err = alipaysim.LoadCertificates(h.path("keys"), appID); err != nil {
			return app, err
		}
	}
	if line.AES {
		if app.AESKey, err = alipaysim.GenerateAESKey(h.path("keys"), appID); err != nil {
			return app, err
		}
		app.EncryptPushes = true
	}
	// What Alipay pushes over HTTP alone, such as the authorisation, still comes that way.
	if line.Channel == string(config.ChannelWebSocket) {
		app.WebSocket = []string{"*"} // every message that can come over it
	}
	return app, nil
}

// misbehaviour is what Alipay does wrong now and then, nil with --well-behaved. The seed is logged, so
// that a run that went wrong can be had again.
func misbehaviour(line flags, log *slog.Logger) *alipaysim.Misbehaviour {
	if line.WellBehaved {
		return nil
	}
	seed := line.Seed
	if seed == 0 {
		seed = rand.Int64N(math.MaxInt32) //nolint:gosec // no secret; short enough to be typed again
	}
	log.Info("the simulated Alipay misbehaves now and then; --well-behaved leaves that out", slog.Int64("seed", seed))
	return alipaysim.DefaultMisbehaviour(seed)
}
