package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"golang.org/x/time/rate"

	"miniflow/activities/robots"
	"miniflow/attention"
	"miniflow/attention/gather"
	"miniflow/internal/config"
	"miniflow/internal/fetch"
)

// robotTimeout bounds one post to a robot.
const robotTimeout = 15 * time.Second

// consolePath is where people see what needs them.
const consolePath = "/console/attention"

// newDigester makes what tells robots. Its posts go through the guard, as everything does whose
// address somebody else chose.
func newDigester(cfg *config.Config, hosts map[string]string) (*robots.Digester, error) {
	guard, err := newGuard(cfg, hosts)
	if err != nil {
		return nil, err
	}
	told, err := robotsOf(cfg)
	console := ""
	if cfg.PublicURL != "" {
		console = strings.TrimRight(cfg.PublicURL, "/") + consolePath
	}
	return &robots.Digester{
		Robots: told, Poster: robots.Targets(guard.Client(robotTimeout), fetch.Forbidden, now), Console: console, Languages: languages(cfg), Now: now,
	}, err
}

// registerDigests registers the activities of digests.
func (s *Service) registerDigests(registry worker.Registry) error {
	d, err := newDigester(s.options.Config, s.options.FileHosts)
	if err != nil {
		return err
	}
	d.Temporal = s.options.Temporal
	d.Gatherer = &gather.Gatherer{
		Temporal: s.options.Temporal, Namespace: s.options.Namespace, Links: s.links(),
		Certificates: s.certificatesOf, Webhook: s.hasWebhook, Now: now,
	}
	d.Register(registry)
	return nil
}

func (s *Service) hasWebhook(appID string) bool {
	return slices.ContainsFunc(s.apps, func(a app) bool { return a.config.ID == appID && a.config.Webhook.URL != "" })
}

// certificatesOf are the certificates of an app as this process knows them now.
func (s *Service) certificatesOf(appID string) []gather.Certificate {
	var known []gather.Certificate
	for i := range s.apps {
		a := &s.apps[i]
		if a.config.ID != appID || a.certSN == "" {
			continue
		}
		known = append(known, gather.Certificate{Serial: a.own.CertSN, Own: true, Until: a.own.NotAfter})
		for _, key := range a.keys.all() {
			known = append(known, gather.Certificate{Serial: key.CertSN, Until: key.NotAfter})
		}
	}
	return known
}

// robotsOf are the robots of each app that has any. Robots of one address share its pace.
func robotsOf(cfg *config.Config) (map[string][]robots.Robot, error) {
	told, paces := map[string][]robots.Robot{}, map[string]*rate.Limiter{}
	var problems []error
	for i, app := range cfg.Apps {
		for j, one := range app.Robots {
			address := one.URL.Reveal()
			if paces[address] == nil {
				paces[address] = robots.NewPace()
			}
			from, to := one.Quiet()
			robot := robots.Robot{
				Rules: attention.Rules{
					Name: one.Name, Merchants: one.Merchants, Quiet: attention.Hours{From: from, To: to}, Every: one.Digest.Std(),
					EscalateAfter: one.EscalateAfter.Std(), EscalateTo: one.EscalateTo,
				},
				Kind: robots.Kind(one.Kind), URL: address, Secret: one.Secret.Reveal(), Mention: one.Mention, Language: app.Language, Pace: paces[address],
			}
			for k, kind := range one.Urgent {
				if !slices.Contains(attention.Kinds(), attention.Kind(kind)) {
					field := fmt.Sprintf("apps[%d].robots[%d].urgent[%d]", i, j, k)
					problems = append(problems, fmt.Errorf("%s: %s of app %s: has to be one of %v", cfg.Where(field), field, app.ID, attention.Kinds()))
				}
				robot.Urgent = append(robot.Urgent, attention.Kind(kind))
			}
			told[app.ID] = append(told[app.ID], robot)
		}
	}
	return told, errors.Join(problems...)
}

// RobotTried is what came of a test message to one robot.
type RobotTried struct {
	Name, Kind string
	// Err is nil where the robot has taken it; it names no address.
	Err error
}

// TestRobots posts a test message to each robot of an app, as serve would post to it.
func TestRobots(ctx context.Context, cfg *config.Config, appID string) ([]RobotTried, error) {
	d, err := newDigester(cfg, nil)
	if err != nil {
		return nil, err
	}
	var tried []RobotTried
	for _, robot := range d.Robots[appID] {
		err := d.Post(ctx, robot, attention.Digest{AppID: appID, Test: true})
		var said *temporal.ApplicationError
		if errors.As(err, &said) {
			err = errors.New(said.Message())
		}
		tried = append(tried, RobotTried{Name: robot.Name, Kind: string(robot.Kind), Err: err})
	}
	return tried, nil
}
