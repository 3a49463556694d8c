package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"miniflow/words"
)

const languageCookie = "miniflow-language"

type languageKey struct{}

// speak chooses a page's language: the one that was chosen on a page, else by Accept-Language.
func speak(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		language := words.Accepted(strings.Join(r.Header.Values("Accept-Language"), ","))
		if cookie, err := r.Cookie(languageCookie); err == nil {
			language = words.Accepted(cookie.Value)
		}
		w.Header().Set("Content-Language", string(language))
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), languageKey{}, language)))
	})
}

func languageOf(r *http.Request) words.Language {
	if language, ok := r.Context().Value(languageKey{}).(words.Language); ok {
		return language
	}
	return words.English
}

// setLanguage keeps the choice in a cookie, for a year, and goes back to where it was made.
func setLanguage(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // it is no secret: a language
		Name: languageCookie, Value: string(words.Accepted(r.PostFormValue("to"))), Path: Path,
		MaxAge: 365 * 24 * 60 * 60, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil,
	})
	http.Redirect(w, r, ownPath(r.PostFormValue("back")), http.StatusSeeOther)
}

// ownPath returns an address of the console's own, since nothing else may be led to from here.
func ownPath(address string) string {
	parsed, err := url.Parse(address)
	if err != nil || parsed.IsAbs() || parsed.Host != "" || parsed.Path != Path && !strings.HasPrefix(parsed.Path, Path+"/") || strings.Contains(parsed.Path, "..") || strings.Contains(address, "\\") {
		return Path
	}
	return parsed.RequestURI()
}

// backFrom is where one comes back to after the language was changed: the page's own address, or, where
// that takes forms alone, the page that the form was on.
func (c *Console) backFrom(r *http.Request) string {
	if r.Method == http.MethodGet || c.router.Match(chi.NewRouteContext(), http.MethodGet, r.URL.Path) {
		return addressOf(r)
	}
	from, err := url.Parse(r.Referer())
	if err != nil {
		return Path
	}
	return ownPath(from.RequestURI())
}
