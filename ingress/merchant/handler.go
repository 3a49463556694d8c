package merchant

import (
	"context"
	_ "embed" // the style sheet
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"miniflow/internal/merchantlink"
	"miniflow/order"
	"miniflow/words"
)

// ErrMissing is what [Orders.Find] returns of an order that is not there, or not any more.
var ErrMissing = errors.New("no such order")

// Orders is what the pages need of orders; [Inside] asks the REST API of this process.
type Orders interface {
	// Find returns whose order a link's number is, or [ErrMissing].
	Find(ctx context.Context, id int64) (Order, error)
	// View returns an order as it stands, in a language.
	View(ctx context.Context, of Order, language words.Language) (order.View, error)
	// HandIn hands pictures in for an order, by field, and returns what is wrong with each; nothing
	// where the order has taken them.
	HandIn(ctx context.Context, of Order, language words.Language, files map[string][]byte) (wrong map[string]string, err error)
}

// Order names an order, and who asks about it.
type Order struct {
	AppID, OutOrderNo string
	// Address is where the merchant is, for the log of who has done what.
	Address string
}

// Config is what the pages need. Links and Orders are required.
type Config struct {
	Links  *merchantlink.Maker
	Orders Orders
	// HandsIn is whether pictures can be handed in, for which a store of files is configured.
	HandsIn bool
	// FileBytes is the largest picture, in bytes; 0 means 10 MiB.
	FileBytes int64
	// PagesPerSecond bounds what all merchants together make this process ask; 0 means 20.
	PagesPerSecond float64
	Now            func() time.Time
	Log            *slog.Logger
}

// Handler serves the pages under [merchantlink.Path].
type Handler struct {
	config  Config
	limiter *rate.Limiter
	origins *http.CrossOriginProtection
}

// New returns the handler of the pages.
func New(config Config) *Handler {
	if config.FileBytes == 0 {
		config.FileBytes = 10 << 20
	}
	if config.PagesPerSecond == 0 {
		config.PagesPerSecond = 20
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Log == nil {
		config.Log = slog.Default()
	}
	limiter := rate.NewLimiter(rate.Limit(config.PagesPerSecond), max(1, int(2*config.PagesPerSecond)))
	return &Handler{config: config, limiter: limiter, origins: http.NewCrossOriginProtection()}
}

const stylePath = merchantlink.Path + "style.css"

//go:embed style.css
var style []byte

// ServeHTTP answers under [merchantlink.Path].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	if r.URL.Path == stylePath {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Header().Set("Cache-Control", "max-age=3600")
		_, _ = w.Write(style)
		return
	}
	began, recorder := h.config.Now(), &recorder{ResponseWriter: w}
	h.serve(recorder, r)
	// Neither the code, which opens the page, nor whose it is.
	h.config.Log.InfoContext(r.Context(), "merchant page", "method", known(r.Method), "status", recorder.status, "duration", h.config.Now().Sub(began))
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request) {
	language := languageOf(r)
	id, err := h.config.Links.Read(strings.TrimPrefix(r.URL.Path, merchantlink.Path), h.config.Now())
	switch {
	case err != nil:
		h.answer(w, http.StatusNotFound, missing(language))
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost:
		w.Header().Set("Allow", "GET, HEAD, POST")
		h.answer(w, http.StatusMethodNotAllowed, missing(language))
		return
	case !h.limiter.Allow():
		h.later(w, http.StatusTooManyRequests, language)
		return
	}
	of, view, err := h.find(r, id, language)
	switch {
	case errors.Is(err, ErrMissing):
		h.answer(w, http.StatusNotFound, missing(language))
	case err != nil:
		h.config.Log.WarnContext(r.Context(), "a merchant's page could not be shown", "error", err)
		h.later(w, http.StatusServiceUnavailable, language)
	case r.Method == http.MethodPost:
		h.handIn(w, r, of, view, language)
	default:
		h.answer(w, http.StatusOK, pageOf(view, language, h.config.HandsIn, nil))
	}
}

func (h *Handler) find(r *http.Request, id int64, language words.Language) (Order, order.View, error) {
	of, err := h.config.Orders.Find(r.Context(), id)
	if err != nil {
		return of, order.View{}, err
	}
	of.Address = r.RemoteAddr
	view, err := h.config.Orders.View(r.Context(), of, language)
	return of, view, err
}

// later says that the page can't be shown now.
func (h *Handler) later(w http.ResponseWriter, status int, language words.Language) {
	w.Header().Set("Retry-After", "60")
	h.answer(w, status, page{Lang: string(language), Title: say(language, "merchant_page.title"), Head: say(language, "merchant_page.later")})
}

// secure keeps the page alone: it loads its style sheet and nothing else, is shown in no frame, kept
// nowhere and found by nobody, and tells no other site where the merchant came from.
func secure(header http.Header) {
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Robots-Tag", "noindex, nofollow")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	header.Set("Vary", "Accept-Language")
}

// languageOf chooses English for whoever prefers it; merchants are Chinese.
func languageOf(r *http.Request) words.Language {
	return words.Accepted(r.Header.Get("Accept-Language") + ", zh;q=0.001")
}

func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
		return method
	}
	return "other"
}

// recorder notes the status of an answer, for the log.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController, which sets how long a picture may take.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
