package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"miniflow/ingress/api/problem"
	"miniflow/order"
)

// patience is how long a page waits to show what a command has done, in Go's notation.
const patience = "3s"

// orderForm shows a command as a form.
func (c *Console) orderForm(w http.ResponseWriter, r *http.Request) {
	page, err := c.orderCommandPage(r)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.show(w, r, http.StatusOK, view{Name: "order-form", Page: &page})
}

func (c *Console) orderCommandPage(r *http.Request) (formPage, error) {
	command := chi.URLParam(r, "command")
	if command != string(order.CommandBeginAgain) && !slices.Contains(order.Commands(), order.Command(command)) {
		return formPage{}, notFound()
	}
	var shown order.View
	err := c.read(r, orderAPI(chi.URLParam(r, "app"), chi.URLParam(r, "no")), nil, &shown)
	return formOf(shown, command, c.wording(r)), err
}

// orderCommand gives the command, waits a little for what it does, and leads back to the order. What
// is refused is said beside its field, and what was written stays.
func (c *Console) orderCommand(w http.ResponseWriter, r *http.Request) {
	page, err := c.orderCommandPage(r)
	if err == nil {
		err = c.carryOut(w, r, &page)
	}
	if err == nil {
		return
	}
	refused := refused(err)
	if refused == nil || page.Command == "" {
		c.fail(w, r, err)
		return
	}
	mark(page.Fields, refused, languageOf(r))
	c.show(w, r, refused.Status, view{Name: "order-form", Problem: refused, Page: &page})
}

func (c *Console) carryOut(w http.ResponseWriter, r *http.Request, page *formPage) error {
	if err := c.fillIn(r, page); err != nil {
		return err
	}
	where := orderAPI(page.Order.AppID, page.Order.OutOrderNo)
	given := body(page.Fields)
	if page.Keeps && len(page.Fields) > 0 && len(given) == 0 && personOf(r).Allows(page.Command) {
		return page.empty()
	}
	var after order.View
	if err := c.ask(r, question{method: http.MethodPost, path: where + "/" + page.Command, body: given, key: keyOf(r.PostFormValue("form"), given)}, &after); err != nil {
		return err
	}
	http.Redirect(w, r, filter(page.Back, c.outcome(r, page.Order, where, after.Sequence), page.Command), http.StatusSeeOther)
	return nil
}

// keyOf makes a second click on a form the same command, and one with other content another.
func keyOf(form string, given map[string]any) string {
	id, err := uuid.Parse(form)
	if err != nil {
		return uuid.NewString()
	}
	content, err := json.Marshal(given)
	if err != nil {
		return uuid.NewString()
	}
	return uuid.NewSHA1(id, content).String()
}

// fillIn takes what was written, and hands in the pictures that came with it. One that is refused stops
// no other, so that nothing has to be written or chosen twice.
func (c *Console) fillIn(r *http.Request, page *formPage) error {
	var wrong *refusal
	for i := range page.Fields {
		field := &page.Fields[i]
		if field.Kind != "file" {
			field.Value = r.PostFormValue(field.Path)
			continue
		}
		field.Value = r.PostFormValue(field.Path + ".sha256")
		content, err := chosen(r, field.Path)
		if err != nil {
			return fmt.Errorf("read a picture of a form: %w", err)
		}
		if len(content) == 0 {
			continue
		}
		kept, err := c.keep(r, page.Order.AppID, field.Path, content)
		switch refused := refused(err); {
		case refused != nil:
			wrong = refused.of(field.Path).and(wrong)
		case err != nil:
			return err
		default:
			field.Value = kept.SHA256
		}
	}
	if wrong != nil {
		return wrong
	}
	return nil
}

// chosen returns the picture that came for a field; nothing where none did.
func chosen(r *http.Request, path string) ([]byte, error) {
	sent, _, err := r.FormFile(path)
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(sent)
	_ = sent.Close() // it was only read
	return content, err
}

// kept is a picture that was handed in.
type kept struct {
	SHA256 string `json:"sha256"`
	Bytes  int    `json:"bytes"`
	Kind   string `json:"kind"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

func (c *Console) keep(r *http.Request, app, field string, content []byte) (kept, error) {
	var answer kept
	err := c.ask(r, question{method: http.MethodPost, path: "/v1/files", query: url.Values{"app_id": {app}, "field": {field}}, raw: content}, &answer)
	return answer, err
}

// handIn takes one picture as soon as it is chosen, and answers as the REST API does, so that the
// script of the page can say what is wrong with it.
func (c *Console) handIn(w http.ResponseWriter, r *http.Request) {
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostForm))
	if err != nil {
		http.Error(w, "", http.StatusRequestEntityTooLarge)
		return
	}
	query := r.URL.Query()
	answer, err := c.keep(r, query.Get("app_id"), query.Get("field"), content)
	status, said := http.StatusOK, any(answer)
	if err != nil {
		refused := refused(err)
		if refused == nil {
			refused = unwell()
		}
		status, said = refused.Status, refused.Problem
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(said) // a browser that has gone reads nothing
}

// of puts what is wrong with a picture beside its field, whatever it was called on the way.
func (r *refusal) of(path string) *refusal {
	if len(r.Errors) == 0 {
		r.Errors = []problem.FieldProblem{{Field: path, Message: r.Detail}}
	}
	return r
}

// and adds what was wrong before.
func (r *refusal) and(before *refusal) *refusal {
	if before != nil {
		r.Errors = append(before.Errors, r.Errors...)
	}
	return r
}
