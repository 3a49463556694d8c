package console

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"miniflow/words"
)

//go:embed pages
var pageFiles embed.FS

// pages are the templates of each page by name, in each language: a template knows its language, so
// that what a page is given is the same in all of them.
type pages map[words.Language]map[string]*template.Template

// view is what every page is given; Page is its own part.
type view struct {
	Name     string // of the page, which the menu marks
	Title    string
	Language words.Language
	Person   person
	// Address is the page's own, to come back to.
	Address string
	// Live is after how many seconds it is read again; 0 is never.
	Live int
	// Colleagues are whom something can be given to.
	Colleagues []string
	// Problem is what the REST API has against what was asked.
	Problem *refusal
	// Done says what a command has come to, and Undone that it was nothing good.
	Done   string
	Undone bool
	Page   any
}

func readPages(now func() time.Time, files assets) (pages, error) {
	names, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("read the console's pages: %w", err)
	}
	all := pages{}
	for _, language := range []words.Language{words.English, words.Chinese} {
		base := template.New("layout").Funcs(wording{language, now, files}.functions())
		if base, err = base.ParseFS(pageFiles, "pages/layout.html", "pages/parts.html"); err != nil {
			return nil, fmt.Errorf("read the console's layout: %w", err)
		}
		all[language] = map[string]*template.Template{}
		for _, file := range names {
			name := strings.TrimSuffix(path.Base(file), ".html")
			if name == "layout" || name == "parts" {
				continue
			}
			page, err := template.Must(base.Clone()).ParseFS(pageFiles, file)
			if err != nil {
				return nil, fmt.Errorf("read a page of the console: %w", err)
			}
			all[language][name] = page
		}
	}
	return all, nil
}

// show writes a page. It is made whole first, so that one that fails is no half of one.
func (c *Console) show(w http.ResponseWriter, r *http.Request, status int, v view) {
	v.Language, v.Person, v.Address = languageOf(r), personOf(r), c.backFrom(r)
	if v.Person.Allows("assign-attention") {
		v.Colleagues = c.config.People.Directory.Allowed("assign-attention")
	}
	var page bytes.Buffer
	if err := c.pages[v.Language][v.Name].ExecuteTemplate(&page, "layout.html", v); err != nil {
		c.config.Log.ErrorContext(r.Context(), "a page of the console could not be made", "page", v.Name, "error", err.Error())
		http.Error(w, "Miniflow failed; the log of this process says why. 出错了，请查看本进程的日志。", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w) // a browser that has gone reads nothing
}

// fail shows why a page can't be shown: what the REST API says, or that Miniflow failed.
func (c *Console) fail(w http.ResponseWriter, r *http.Request, err error) {
	var refused *refusal
	if !errors.As(err, &refused) {
		c.config.Log.ErrorContext(r.Context(), "a page of the console could not be answered", "error", err.Error())
		refused = unwell()
	}
	c.show(w, r, refused.Status, view{Name: "problem", Problem: refused})
}

func (c *Console) missing(w http.ResponseWriter, r *http.Request) {
	c.show(w, r, http.StatusNotFound, view{Name: "problem", Problem: notFound()})
}

// refused returns what the REST API has against a question; nil where Miniflow failed.
func refused(err error) *refusal {
	var refused *refusal
	errors.As(err, &refused)
	return refused
}
