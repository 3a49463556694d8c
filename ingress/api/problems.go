package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"regexp"

	"github.com/go-chi/chi/v5"

	"miniflow/ingress/api/problem"
)

//go:embed problems.html
var problemsPage string

// problemsData is what the page shows: one kind, or all of them.
type problemsData struct {
	One   bool
	Kinds []problem.Kind
}

// routeProblems serves what the types of problems refer to: a page for each kind, and one with
// all. They need no key, because a caller without one has a problem too.
func routeProblems(router chi.Router) error {
	pages := map[string]problemsData{"": {Kinds: problem.Kinds()}}
	for _, kind := range problem.Kinds() {
		pages[string(kind)] = problemsData{One: true, Kinds: []problem.Kind{kind}}
	}
	policy := pagePolicy(problemsPage)
	shown := template.Must(template.New("problems").Parse(problemsPage))
	for name, data := range pages {
		var page bytes.Buffer
		if err := shown.Execute(&page, data); err != nil {
			return fmt.Errorf("draw the page of the problem %s: %w", name, err)
		}
		router.Get(problem.Path+name, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Language", "en, zh-CN") // it says everything twice
			w.Header().Del("Vary")
			w.Header().Set("Content-Security-Policy", policy)
			_, _ = w.Write(page.Bytes()) // fails only for a client that has disconnected
		})
	}
	return nil
}

// inlinePart finds what a page's content security policy has to allow, by its hash.
var inlinePart = regexp.MustCompile(`(?s)<style>(.*?)</style>`)

// pagePolicy is the content security policy of a page that loads nothing: only its own
// style is allowed, by its hash.
func pagePolicy(page string) string {
	policy := "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	for _, part := range inlinePart.FindAllStringSubmatch(page, -1) {
		sum := sha256.Sum256([]byte(part[1]))
		policy += fmt.Sprintf("; style-src 'sha256-%s'", base64.StdEncoding.EncodeToString(sum[:]))
	}
	return policy
}
