package service

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/go-chi/chi/v5"

	"miniflow/ingress/console"
	"miniflow/ingress/console/people"
)

// addConsole puts the pages for people beside the REST API that they ask, and leads whoever opens this
// server to them. Without a people file there are none.
func (s *Service) addConsole(router chi.Router) error {
	cfg := s.options.Config.Console
	if !cfg.On() {
		return nil
	}
	if s.audit == nil {
		s.options.Log.Warn("nobody will know who did what at the console: set audit.dir")
	}
	directory, err := people.NewDirectory(people.DirectoryOptions{Path: cfg.PeopleFile, Groups: cfg.MerchantGroups, Now: now, Log: s.options.Log})
	if err != nil {
		return err
	}
	sessions, err := people.NewSessions(people.SessionOptions{Ring: s.ring, Directory: directory, Idle: cfg.Idle.Std(), Now: now})
	if err != nil {
		return err
	}
	company, err := s.companyLogIn()
	if err != nil {
		return err
	}
	pages, err := console.New(console.Config{
		API: s.api, Apps: s.appIDs(), Log: s.options.Log, Now: now,
		People: &people.Handler{
			Directory: directory, Sessions: sessions, OIDC: company, Audit: s.auditPeople,
			Address: people.Addresses(cfg.Proxies()), Now: now, Log: s.options.Log,
		},
	})
	if err != nil {
		return err
	}
	router.Handle(console.Path, pages)
	router.Handle(console.Path+"/*", pages)
	router.Get("/", http.RedirectHandler(console.Path, http.StatusSeeOther).ServeHTTP)
	return nil
}

// companyLogIn is the log-in at a company's own provider; nil where there is none.
func (s *Service) companyLogIn() (*people.OIDC, error) {
	cfg := s.options.Config.Console.OIDC
	if !cfg.On() {
		return nil, nil //nolint:nilnil // nil is no such log-in
	}
	return people.NewOIDC(people.OIDCOptions{
		Issuer: cfg.Issuer, ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret.Reveal(), Claim: cfg.Claim, Name: cfg.Name, Scopes: cfg.Scopes,
		PublicURL: s.options.Config.PublicURL, Ring: s.ring, Now: now,
	})
}

// appIDs are the apps in the order of the configuration.
func (s *Service) appIDs() []string {
	ids := make([]string, 0, len(s.apps))
	for _, app := range s.apps {
		ids = append(ids, app.config.ID)
	}
	return ids
}

// auditPeople writes down who came and went; where no audit log is configured, in the process's own.
func (s *Service) auditPeople(ctx context.Context, entry people.Entry) error {
	if s.audit != nil {
		return s.audit.Append(entry.Record())
	}
	s.options.Log.InfoContext(ctx, "at the console's door", slog.String("event", string(entry.Event)), slog.String("name", entry.Name), slog.String("reason", string(entry.Reason)))
	return nil
}
