package service

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"miniflow/alipay/keys"
)

// How Alipay's certificates are followed. Alipay renews them every few years; what is fetched is kept
// beside other files, where there is a place for them (see loadCertificates), and the configuration
// follows when a person has the time.
const (
	// certificateLook is how often an app with certificates asks Alipay under which it
	// signs, for processes and times in which nothing else is asked.
	certificateLook = 6 * time.Hour
	// certificateWithin bounds one download, so that a slow one doesn't hold up the next
	// answer's certificate.
	certificateWithin = 30 * time.Second
	// certificateEvery is the least time between two downloads of an app, because answers
	// under an unknown certificate come with every call.
	certificateEvery = time.Minute
	// certificateShare is how often a process looks for what others have fetched.
	certificateShare = 5 * time.Minute
	// certificateWarning leaves time for a person to fetch the next certificate from the
	// console.
	certificateWarning = 14 * 24 * time.Hour
)

// followCertificates learns of new certificates of Alipay's until the context ends. In
// public-key mode there is nothing to follow: such a key is changed by hand.
func (s *Service) followCertificates(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	for i := range s.apps {
		if s.apps[i].certSN != "" {
			all.Go(func() { s.followCertificatesOf(ctx, &s.apps[i]) })
		}
	}
}

// followCertificatesOf downloads what answers were signed under. Asking for a
// certificate that is here already is a look too: its answer comes under the one
// that Alipay uses now.
func (s *Service) followCertificatesOf(ctx context.Context, a *app) {
	// Two at once: the look at the start, and the certificate that its answer came under.
	limit := rate.NewLimiter(rate.Every(certificateEvery), 2)
	look := time.NewTicker(certificateLook)
	defer look.Stop()
	share := time.NewTicker(certificateShare)
	defer share.Stop()
	for wanted := a.keys.newest(); wanted != ""; wanted = a.keys.wanted(ctx, look.C, share.C, func() { s.loadCertificatesOf(ctx, a) }) {
		if err := limit.Wait(ctx); err != nil {
			return
		}
		s.fetchCertificate(ctx, a, wanted)
		s.warnOfEnds(ctx, a)
	}
}

// fetchCertificate downloads a certificate, whose chain has to lead to the
// configured roots, and trusts it everywhere in this process.
func (s *Service) fetchCertificate(ctx context.Context, a *app, certSN string) {
	// A failure is logged and not returned: the keys that are here go on verifying, and the next
	// answer under an unknown certificate asks again.
	ctx, done := context.WithTimeout(ctx, certificateWithin)
	defer done()
	about := []slog.Attr{slog.String("app_id", a.config.ID), slog.String("alipay_cert_sn", certSN)}
	key, err := a.client.DownloadAlipayCertificate(ctx, certSN, a.config.Certificates.Root)
	if err == nil { // another algorithm's would be refused with every key beside it
		err = keys.CheckPair(a.verified.ApplicationKey, key.Public)
	}
	switch {
	case ctx.Err() != nil && err != nil: // this process ends, or the network is slow: the next answer asks again
		return
	case err != nil:
		s.options.Log.LogAttrs(ctx, slog.LevelWarn, "a certificate of Alipay's can't be fetched", append(about, slog.Any("error", err))...)
		return
	case a.keys.has(certSN):
		return
	}
	a.keys.add(key.AlipayKey)
	if err := s.keepCertificate(ctx, a, key); err != nil {
		s.options.Log.LogAttrs(ctx, slog.LevelWarn, "a certificate of Alipay's can't be kept: it is fetched again after a restart", append(about, slog.Any("error", err))...)
	}
	if err := s.trust(); err != nil {
		s.options.Log.LogAttrs(ctx, slog.LevelError, "a new certificate of Alipay's can't be used", append(about, slog.Any("error", err))...)
		return
	}
	s.options.Log.LogAttrs(ctx, slog.LevelWarn, "Alipay signs under a new certificate: it is trusted now, add it to certificates.alipay", about...)
}

// warnOfEnds warns of certificates of Alipay's that run out. Their keys are good until they are
// taken out, but Alipay changes to others before that.
func (s *Service) warnOfEnds(ctx context.Context, a *app) {
	for _, key := range a.keys.all() {
		if !key.NotAfter.IsZero() && key.NotAfter.Sub(now()) < certificateWarning {
			s.options.Log.LogAttrs(ctx, slog.LevelWarn, "a certificate of Alipay's runs out: download the next one from the console",
				slog.String("app_id", a.config.ID), slog.String("alipay_cert_sn", key.CertSN), slog.Time("not_after", key.NotAfter))
		}
	}
}

// trust hands the keys that hold now to both doors, without a new start and a new connection.
func (s *Service) trust() error {
	verifier, err := newVerifier(s.apps)
	if err != nil {
		return err
	}
	// Either may be missing, by the roles of this process.
	if s.door != nil {
		s.door.Trust(verifier)
	}
	for _, connection := range s.connections {
		connection.Trust(verifier)
	}
	return nil
}
