package people

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"miniflow/words"
)

// The paths that a [Handler] answers.
const (
	LogInPath        = "/console/log-in"
	LogOutPath       = "/console/log-out"
	OIDCStartPath    = "/console/oidc/start"
	OIDCCallbackPath = "/console/oidc/callback"

	home = "/console"
)

// Page is the log-in page, which also says why somebody is not let in.
type Page struct {
	// Status is the answer's status.
	Status int
	// Message is why this page is shown again, or nothing.
	Message words.Text
	// Next is where to go after the log-in, a path below /console; send it back as the field `next`.
	Next string
	// Provider is the name on the button that leads to OIDCStartPath; empty without OIDC.
	Provider string
}

// Handler lets people in and out. Forms are posts with the fields name, password and next. It answers
// the four paths above and refuses posts from other sites by itself, too.
type Handler struct {
	Directory *Directory
	Sessions  *Sessions
	// OIDC is nil where the configuration has no provider.
	OIDC *OIDC
	// Render draws a page, in the language of the request. It writes Page.Status.
	Render func(w http.ResponseWriter, r *http.Request, page Page)
	// Audit writes to the audit log. Where that fails, nobody is let in.
	Audit func(ctx context.Context, entry Entry) error
	// Address is where a request came from; see [Addresses].
	Address func(r *http.Request) string
	Now     func() time.Time
	Log     *slog.Logger
}

// mostForm bounds a log-in form.
const mostForm = 16 << 10

// ServeHTTP answers the paths of people, and 404 to others.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+LogInPath, h.showLogIn)
	mux.HandleFunc("POST "+LogInPath, h.logIn)
	mux.HandleFunc("POST "+LogOutPath, h.logOut)
	if h.OIDC != nil {
		mux.HandleFunc("GET "+OIDCStartPath, h.startOIDC)
		mux.HandleFunc("GET "+OIDCCallbackPath, h.finishOIDC)
	}
	w.Header().Set("Cache-Control", "no-store")
	http.NewCrossOriginProtection().Handler(mux).ServeHTTP(w, r)
}

// showLogIn is GET /console/log-in. Whoever is in already goes on.
func (h *Handler) showLogIn(w http.ResponseWriter, r *http.Request) {
	next := localPath(r.URL.Query().Get("next"))
	if _, in := h.Sessions.Peek(r); in {
		http.Redirect(w, r, next, http.StatusSeeOther) //nolint:gosec // localPath leaves a path of the console alone
		return
	}
	h.page(w, r, http.StatusOK, words.Text{}, next)
}

// logIn is POST /console/log-in.
func (h *Handler) logIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, mostForm)
	if err := r.ParseForm(); err != nil {
		h.page(w, r, http.StatusBadRequest, words.New("the form did not arrive whole; send it again"), home)
		return
	}
	next := localPath(r.PostForm.Get("next"))
	grant, err := h.Directory.CheckPassword(r.Context(), r.PostForm.Get("name"), r.PostForm.Get("password"), h.Address(r))
	var refusal *Refusal
	switch {
	case errors.As(err, &refusal):
		h.refuse(w, r, WayPassword, *refusal, next)
	case err != nil: // the caller has left
	default:
		h.letIn(w, r, grant, WayPassword, next)
	}
}

// logOut is POST /console/log-out. It is no fault to be out already.
func (h *Handler) logOut(w http.ResponseWriter, r *http.Request) {
	if session, in := h.Sessions.End(w, r); in {
		// Whoever wants to leave may, also where that can't be written down.
		_ = h.audit(r, Entry{Event: EventLogOut, Name: session.Name, Role: session.Role(), Way: session.Way})
	}
	http.Redirect(w, r, LogInPath, http.StatusSeeOther)
}

// letIn begins a session, once the audit log has it.
func (h *Handler) letIn(w http.ResponseWriter, r *http.Request, grant Grant, way Way, next string) {
	err := h.audit(r, Entry{Event: EventLogIn, Name: grant.Name, Role: grant.Role(), Way: way})
	if err == nil {
		err = h.Sessions.Begin(w, r, grant.Name, way)
	}
	if err != nil {
		h.page(w, r, http.StatusServiceUnavailable, words.New("nobody can log in now: the audit log can't be written; the log of this process says why"), next)
		return
	}
	http.Redirect(w, r, next, http.StatusSeeOther) //nolint:gosec // localPath has left a path of the console alone
}

// refuse says no. What it says about a password is the same whatever was wrong, so that it does not
// tell which names there are.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, way Way, refusal Refusal, next string) {
	entry := Entry{Event: EventRefused, Name: refusal.Account, Way: way, Reason: refusal.Reason}
	if refusal.Reason == ReasonLockedOut {
		entry.Event = EventLockOut
	}
	_ = h.audit(r, entry) // nobody is let in either way
	switch refusal.Reason {
	case ReasonAddress:
		w.Header().Set("Retry-After", seconds(refusal.Wait))
		h.page(w, r, http.StatusTooManyRequests, words.New("too many wrong passwords came from your address; try again in %d minutes", minutes(refusal.Wait)), next)
	case ReasonUnreadable:
		h.page(w, r, http.StatusServiceUnavailable, words.New("nobody can log in now: the people file can't be read; the log of this process says why"), next)
	default:
		h.page(w, r, http.StatusUnauthorized, words.New("the name or the password is wrong; %d wrong ones close an account for %d minutes, the right one included",
			TriesPerAccount, minutes(TriesWindow)), next)
	}
}

func (h *Handler) page(w http.ResponseWriter, r *http.Request, status int, message words.Text, next string) {
	page := Page{Status: status, Message: message, Next: next}
	if h.OIDC != nil {
		page.Provider = h.OIDC.Name()
	}
	h.Render(w, r, page)
}

func (h *Handler) audit(r *http.Request, entry Entry) error {
	entry.At, entry.Address = h.Now(), h.Address(r)
	err := h.Audit(r.Context(), entry)
	if err != nil {
		h.Log.Error("the audit log can't be written", "event", string(entry.Event), "error", err)
	}
	return err
}

// localPath returns where to go after a log-in: a path and a query of the console, whatever else a link
// says, because a link is how somebody else's page would be opened with trust in this one.
func localPath(next string) string {
	at, err := url.Parse(next)
	if err != nil || at.Path != home && !strings.HasPrefix(at.Path, home+"/") || strings.Contains(at.Path, "..") {
		return home
	}
	if at.Path == LogInPath || at.Path == LogOutPath || strings.HasPrefix(at.Path, "/console/oidc/") {
		return home // who is in would be led in a circle
	}
	return at.RequestURI()
}
