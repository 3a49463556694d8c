package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"miniflow/alipay/keys"
)

// mostFormer is how far ahead the end of a former signing method may lie. Alipay repeats a message for
// about a day; a week has room for a long weekend, and none for forgetting it.
const mostFormer = 7 * 24 * time.Hour

// former reads the keys from before a change of the app's signing method (接口加签方式).
func (r *appReader) former() {
	former := r.app.config.Former
	if !former.Enabled() {
		return
	}
	switch left := former.Ends().Sub(now()); {
	case left > mostFormer:
		r.problem("former.until", fmt.Errorf("is more than %d days ahead; Alipay repeats a message for about a day", int(mostFormer.Hours()/24)))
	case left <= 0:
		r.warning("former.until", "the former signing method counts no more since %s; take former out", former.Until)
	}
	for i, key := range former.AlipayPublicKeys {
		public, err := keys.ParsePublicKey(key.Key)
		r.formerKey(fmt.Sprintf("former.alipay_public_keys[%d].key", i), keys.AlipayKey{Public: public}, err)
	}
	for i, certificate := range former.Alipay {
		key, err := keys.ProveAlipayCertificate(certificate.Cert, r.app.config.Certificates.Root, now())
		r.formerKey(fmt.Sprintf("former.alipay[%d].cert", i), key, err)
	}
}

// formerKey takes a key that is not of the app's present algorithm; one that is belongs among the
// present ones, where it has no end.
func (r *appReader) formerKey(name string, key keys.AlipayKey, err error) {
	if own := r.app.verified.ApplicationKey; err == nil && own != nil && keys.SignTypeOf(own) == keys.SignTypeOf(key.Public) {
		err = errNotFormer
	}
	r.problem(name, err)
	if err == nil {
		r.app.former = append(r.app.former, key)
	}
}

var errNotFormer = errors.New("it is of the app's present signing method: list it beside alipay_public_keys, or among certificates.alipay")

// formerKeys are the keys of the former method while it counts.
func (a *app) formerKeys() []keys.AlipayKey {
	if !now().Before(a.config.Former.Ends()) {
		return nil
	}
	return a.former
}

// endFormer takes the former methods out when their time has come, without a new start.
func (s *Service) endFormer(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	for i := range s.apps {
		if a := &s.apps[i]; a.formerKeys() != nil {
			all.Go(func() { s.endFormerOf(ctx, a) })
		}
	}
}

func (s *Service) endFormerOf(ctx context.Context, a *app) {
	end := time.NewTimer(a.config.Former.Ends().Sub(now()))
	defer end.Stop()
	select {
	case <-ctx.Done():
		return
	case <-end.C:
	}
	about := slog.String("app_id", a.config.ID)
	if err := s.trust(); err != nil {
		s.options.Log.LogAttrs(ctx, slog.LevelError, "the former signing method can't be taken out", about, slog.Any("error", err))
		return
	}
	s.options.Log.LogAttrs(ctx, slog.LevelWarn, "messages under the former signing method are refused from now on: take former out of the configuration", about)
}
