package service

import (
	"errors"
	"fmt"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"miniflow/activities"
	"miniflow/activities/backend"
	"miniflow/ingress/door"
	"miniflow/internal/config"
	"miniflow/internal/fetch"
	"miniflow/order"
	"miniflow/words"
)

// forwardTimeout bounds one call to a forward target, from DNS to the last byte. Alipay gives a
// receiver about as long, so a handler that was written for Alipay is quick enough.
const forwardTimeout = 15 * time.Second

// These are the values that differ from the default; everything else was refused when the
// configuration was read.
const (
	formatRaw = "raw"
	scopeAll  = "all"
)

// newGuard makes the guard in front of every address that somebody else chose: an order's file or a
// callback must not become a way into the private network.
func newGuard(cfg *config.Config, hosts map[string]string) (*fetch.Guard, error) {
	guard, err := fetch.NewGuard(cfg.Files.Allow)
	if err != nil {
		return nil, fmt.Errorf("%s: files.allow: %w", cfg.Where("files.allow"), err)
	}
	guard.At = hosts // the standalone's alone: where a host of the allow-list is dialled
	return guard, nil
}

// newForwarder puts the guard before the ISV's backend too, so that a mistyped address reaches
// nothing inside.
func (s *Service) newForwarder() (*activities.Forwarder, error) {
	guard, err := newGuard(s.options.Config, s.options.FileHosts)
	if err != nil {
		return nil, err
	}
	targets, err := forwardTargets(s.options.Config)
	return &activities.Forwarder{
		Targets: targets, Observed: s.observes, Ring: s.ring, Backend: activities.ForwardTargets(guard.Client(forwardTimeout), fetch.Forbidden, now),
	}, err
}

// forwardTargets are the targets of the apps that have one. Every secret signs, so that a receiver
// can change from one to the next without missing an event.
func forwardTargets(cfg *config.Config) (map[string]activities.ForwardTarget, error) {
	targets := map[string]activities.ForwardTarget{}
	var problems []error
	for i, app := range cfg.Apps {
		if app.Forward.URL == "" {
			continue
		}
		// A raw target gets Alipay's bytes under Alipay's signature; ours signs events.
		target := activities.ForwardTarget{URL: app.Forward.URL, Raw: app.Forward.Format == formatRaw}
		var err error
		target.Signers, err = signersOf(cfg, i)
		problems = append(problems, err)
		targets[app.ID] = target
	}
	return targets, errors.Join(problems...)
}

// signersOf are the live secrets of an app. A problem does not quote the secret.
func signersOf(cfg *config.Config, i int) (signers []backend.Signer, err error) {
	app := cfg.Apps[i]
	for j, secret := range app.Webhook.Secrets {
		signer, failed := webhooks.NewWebhook(secret.Secret.Reveal())
		if failed != nil {
			field := fmt.Sprintf("apps[%d].webhook.secrets[%d].secret", i, j)
			err = errors.Join(err, fmt.Errorf("%s: %s of app %s: has to be whsec_ and base64", cfg.Where(field), field, app.ID))
			continue
		}
		signers = append(signers, signer)
	}
	return signers, err
}

// forwardings is what the door has to know of the targets: what to keep of a message, not where it
// goes.
func forwardings(cfg *config.Config) []door.Forwarding {
	// An app without a URL forwards nothing, and nothing of its messages is kept for that.
	var all []door.Forwarding
	for _, app := range cfg.Apps {
		if app.Forward.URL != "" {
			all = append(all, door.Forwarding{AppID: app.ID, Raw: app.Forward.Format == formatRaw, All: app.Forward.Scope == scopeAll && app.Mode != order.ModeObserve})
		}
	}
	return all
}

// languages are those of the apps' pages, by app.
func languages(cfg *config.Config) map[string]words.Language {
	spoken := map[string]words.Language{}
	for _, app := range cfg.Apps {
		spoken[app.ID] = app.Language
	}
	return spoken
}

// judgeCallbacks finds the addresses of the ISV's backend that the guard would
// refuse at every call. Names are not resolved: what they lead to is judged then.
func judgeCallbacks(cfg *config.Config, guard *fetch.Guard) error {
	var problems []error
	for i, app := range cfg.Apps {
		for _, callback := range callbacksOf(app) {
			if callback.url == "" {
				continue
			}
			// Said at the start and not at the first message, days later.
			if err := guard.Judge(callback.url); err != nil {
				field := fmt.Sprintf("apps[%d].%s", i, callback.field)
				problems = append(problems, fmt.Errorf("%s: %s of app %s: %w", cfg.Where(field), field, app.ID, err))
			}
		}
	}
	return errors.Join(problems...)
}

type callback struct{ field, url string }

// callbacksOf are the addresses that Miniflow posts to for an app. A robot's is a secret, and what is
// said of it names its host alone.
func callbacksOf(app config.App) []callback {
	callbacks := []callback{{"webhook.url", app.Webhook.URL}, {"forward.url", app.Forward.URL}}
	for i, robot := range app.Robots {
		callbacks = append(callbacks, callback{fmt.Sprintf("robots[%d].url", i), robot.URL.Reveal()})
	}
	return callbacks
}
