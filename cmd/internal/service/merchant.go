package service

import (
	"context"
	"net"
	"net/http"
	"slices"

	"miniflow/ingress/api"
	"miniflow/ingress/merchant"
	"miniflow/internal/merchantlink"
)

// merchantPages are the pages behind merchants' links, which ask the API of this process; nil where
// there is no public address that a link could have, or no sealing key that could make one.
func (s *Service) merchantPages() http.Handler {
	cfg := s.options.Config
	links := merchantlink.New(cfg.PublicURL, s.ring)
	if links == nil {
		return nil
	}
	inside := merchant.Inside{Temporal: s.options.Temporal, Namespace: s.options.Namespace, API: s.api, As: asMerchant}
	for _, app := range s.apps {
		inside.Apps = append(inside.Apps, app.config.ID)
	}
	return merchant.New(merchant.Config{
		Links: links, Orders: inside, HandsIn: s.files != nil, FileBytes: cfg.Files.MaxBytes, Now: now, Log: s.options.Log,
	})
}

// asMerchant has the API take a request as the merchant's: of one app, and of three operations.
func asMerchant(ctx context.Context, of merchant.Order) context.Context {
	address := of.Address
	if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	return api.As(ctx, api.Caller{
		Name: merchant.Actor, Role: merchant.Actor, Address: address, Apps: []string{of.AppID},
		Operations: func(id string) bool { return slices.Contains(merchant.Operations(), id) },
	})
}
