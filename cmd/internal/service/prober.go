package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"go.temporal.io/api/workflowservice/v1"
	sdktemporal "go.temporal.io/sdk/temporal"

	"miniflow/activities"
	"miniflow/alipay/gateway"
	"miniflow/alipay/keys"
	"miniflow/internal/config"
	"miniflow/internal/seal"
	"miniflow/order"
	"miniflow/temporalio"
)

// Prober makes harmless calls to Alipay as serve would make its own, to see whether
// the keys are those that Alipay has.
type Prober struct {
	apps []app
	ring *seal.Ring
}

// NewProber reads the keys. Its error is the one that `serve` would fail with.
func NewProber(cfg *config.Config) (*Prober, error) {
	apps, _, err := readApps(cfg, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		return nil, err
	}
	ring, err := newRing(cfg)
	return &Prober{apps: apps, ring: ring}, err
}

// KeyProbe is what a call showed of the keys of one app, in parts: one call can prove our key
// and not Alipay's.
type KeyProbe struct {
	gateway.KeyTrial
	// Signer is where the key that verified the answer stands, such as alipay_public_keys[0],
	// so that a person knows which of several is in use.
	Signer string
	// Proven is set where the answer came under a certificate that is not here and that leads to
	// the configured roots: Alipay has renewed it. Otherwise ProofErr says why not.
	Proven   bool
	ProofErr error
}

// Keys makes one harmless signed call as the app itself; a second one downloads the
// certificate that Alipay signs under, where that is not here.
func (p *Prober) Keys(ctx context.Context, index int) KeyProbe {
	a := &p.apps[index]
	// The keys are those that serve reads, from the same fields: another reader could pass where
	// serve fails.
	probe := KeyProbe{KeyTrial: a.client.TryKeys(ctx)}
	probe.Signer = a.placeOf(probe.KeyTrial.Signer)
	if probe.UnknownCertSN != "" {
		_, probe.ProofErr = a.client.DownloadAlipayCertificate(ctx, probe.UnknownCertSN, a.config.Certificates.Root)
		probe.Proven = probe.ProofErr == nil
	}
	return probe
}

// placeOf names the entry of the configuration that a key came from: a person can find that,
// and no key by its number.
func (a *app) placeOf(key keys.PublicKey) string {
	for i, known := range a.verified.AlipayKeys {
		switch {
		case !keys.SamePublicKey(known.Public, key):
		case a.certSN != "":
			return fmt.Sprintf("certificates.alipay[%d]", i)
		default:
			return fmt.Sprintf("alipay_public_keys[%d]", i)
		}
	}
	return ""
}

// ProberTemporal is what is needed to find a token that is kept, and no more: a prober changes
// nothing.
type ProberTemporal interface {
	activities.Entities
	ListWorkflow(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
}

// probedMiniPrograms is how many mini programs are asked for a token. One token is enough, and the
// first ones listed may have none yet.
const probedMiniPrograms = 20

// ErrTokenUnread means that Temporal, or a worker, did not hand out what is kept: nothing was learnt
// about the token itself.
var ErrTokenUnread = errors.New("the mini programs can't be asked for a token")

// Merchant makes one harmless call as a merchant whose token is kept, and names its mini program,
// which is empty where no token is kept. The error wraps [ErrTokenUnread] or is
// the call's.
func (p *Prober) Merchant(ctx context.Context, temporal ProberTemporal, namespace string, index int) (miniAppID string, err error) {
	a := &p.apps[index]
	// Running ones alone: a mini program that has ended keeps no token.
	page, err := temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: namespace, PageSize: probedMiniPrograms,
		Query: temporalio.NewQuery(order.MiniProgramWorkflowType, a.config.ID).Running().String(),
	})
	if err != nil {
		return "", fmt.Errorf("%w: list them: %w", ErrTokenUnread, err)
	}
	// The token is opened as an activity opens it, so a wrong sealing key shows here as well.
	keeper := &activities.TokenKeeper{Temporal: temporal, Ring: p.ring, Now: now}
	for _, row := range page.GetExecutions() {
		id := strings.TrimPrefix(row.GetExecution().GetWorkflowId(), order.MiniProgramWorkflowID(a.config.ID, ""))
		token, err := keeper.Fresh(ctx, a.config.ID, id)
		var sealed *sdktemporal.ApplicationError
		switch {
		case errors.Is(err, activities.ErrNoToken):
			continue
		case errors.As(err, &sealed): // the sealing keys are not those it was sealed with
			return id, err
		case err != nil:
			return id, fmt.Errorf("%w: %w", ErrTokenUnread, err)
		}
		// A list of versions changes nothing at Alipay.
		_, err = a.client.ListVersions(ctx, token.Secret, "")
		return id, err
	}
	return "", nil
}
