package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"strings"

	"miniflow/alipay/gateway"
	"miniflow/alipay/keys"
	"miniflow/internal/config"
	"miniflow/internal/files"
)

// What is kept of a certificate is its text, in clear: everybody may have it. What makes it Alipay's is
// its chain alone, so it is proven against the configured roots each time that it is read; who can
// write there can add nothing that would be trusted.
const (
	certificatesFolder = "certificates"
	certificateSuffix  = ".crt"
)

// newCertificateStore opens where certificates are kept: files.store, else the archive, because both
// outlive a process and are shared by all of them. It is nil where neither is configured.
func newCertificateStore(cfg *config.Config) (files.Backend, error) {
	backend, err := openStore(cfg, "files.store", cfg.Files.Store)
	if backend == nil && err == nil {
		backend, err = openStore(cfg, "archive", cfg.Archive)
	}
	return backend, err
}

func (s *Service) keepCertificate(ctx context.Context, a *app, certificate gateway.DownloadedCertificate) error {
	if s.fetched == nil {
		return nil
	}
	return s.fetched.Put(ctx, path.Join(certificatesFolder, a.config.ID, certificate.CertSN+certificateSuffix), []byte(certificate.Text))
}

// loadCertificates takes over what was fetched before this process began, by it or by others.
func (s *Service) loadCertificates(ctx context.Context) {
	ctx, done := context.WithTimeout(ctx, certificateWithin)
	defer done()
	for i := range s.apps {
		if s.apps[i].certSN != "" {
			s.loadCertificatesOf(ctx, &s.apps[i])
		}
	}
}

// loadCertificatesOf is quiet about a place that can't be read just now: it is looked at again soon,
// and what is missing is fetched anew.
func (s *Service) loadCertificatesOf(ctx context.Context, a *app) {
	if s.fetched == nil {
		return
	}
	added := false
	for name, err := range s.fetched.List(ctx, path.Join(certificatesFolder, a.config.ID)) {
		if err != nil {
			s.options.Log.LogAttrs(ctx, slog.LevelWarn, "kept certificates of Alipay's can't be listed", slog.String("app_id", a.config.ID), slog.Any("error", err))
			break
		}
		sn, ours := strings.CutSuffix(path.Base(name), certificateSuffix)
		if !ours || a.keys.has(sn) {
			continue
		}
		if err := s.loadCertificate(ctx, a, name, sn); err != nil {
			s.options.Log.LogAttrs(ctx, slog.LevelWarn, "a kept certificate of Alipay's is not trusted",
				slog.String("app_id", a.config.ID), slog.String("alipay_cert_sn", sn), slog.Any("error", err))
			continue
		}
		added = true
	}
	if !added {
		return
	}
	if err := s.trust(); err != nil {
		s.options.Log.LogAttrs(ctx, slog.LevelError, "kept certificates of Alipay's can't be used", slog.String("app_id", a.config.ID), slog.Any("error", err))
	}
}

// loadCertificate proves one once more. What has run out is deleted: Alipay signs under another.
func (s *Service) loadCertificate(ctx context.Context, a *app, name, sn string) error {
	text, err := s.fetched.Get(ctx, name)
	if err != nil {
		return fmt.Errorf("read it: %w", err)
	}
	proven, err := gateway.ProveDownloaded(string(text), sn, a.config.Certificates.Root, now())
	if err == nil {
		err = keys.CheckPair(a.verified.ApplicationKey, proven.Public)
	}
	if errors.Is(err, keys.ErrCertificateRanOut) {
		return errors.Join(err, s.fetched.Delete(ctx, name))
	}
	if err != nil {
		return err
	}
	a.keys.add(proven.AlipayKey)
	return nil
}
