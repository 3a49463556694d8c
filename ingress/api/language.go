package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"miniflow/words"
)

type languageKey struct{}

// speak chooses the language of an answer's sentences by Accept-Language. The answer names it, and
// that it depends on the header, so that nothing between here and the caller mixes two up.
func speak(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		language := words.Accepted(strings.Join(r.Header.Values("Accept-Language"), ","))
		w.Header().Set("Content-Language", string(language))
		w.Header().Add("Vary", "Accept-Language")
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), languageKey{}, language)))
	})
}

// inEnglish labels what is written in English alone, whatever the caller would rather read.
func inEnglish(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Language", string(words.English))
		w.Header().Del("Vary")
		next.ServeHTTP(w, r)
	})
}

func languageOf(ctx context.Context) words.Language {
	language, _ := ctx.Value(languageKey{}).(words.Language)
	return language
}

// say says every text of an answer in its language; it is the last thing that is done to one.
func say(ctx huma.Context, _ string, body any) (any, error) {
	return words.Rendered(languageOf(ctx.Context()), body), nil
}
