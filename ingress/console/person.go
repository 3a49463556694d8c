package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"miniflow/ingress/api"
	"miniflow/ingress/console/people"
)

// person is who asks for a page.
type person struct {
	people.Grant
	address string
}

type personKey struct{}

// personOf returns who is logged in; nobody, who may do nothing, on a page before that.
func personOf(r *http.Request) person {
	who, _ := r.Context().Value(personKey{}).(person)
	return who
}

// asking returns a context in which the REST API takes the person for its caller.
func (p person) asking(ctx context.Context) context.Context {
	return api.As(ctx, api.Caller{
		Name: p.Name, Role: p.Role(), Address: p.address, Apps: p.Apps, Merchants: p.Merchants,
		Operations: p.Allows, Who: rolesOf, Reveals: p.Reveals(),
	})
}

// person lets only those in who are logged in. Others are led to the page where they can, and back.
func (c *Console) person(page http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		session, known := c.session(w, r)
		if !known {
			target := people.LogInPath
			if r.Method == http.MethodGet {
				target += "?" + url.Values{"next": {r.URL.RequestURI()}}.Encode()
			}
			http.Redirect(w, r, target, http.StatusSeeOther)
			return
		}
		who := person{Grant: session.Grant, address: c.config.People.Address(r)}
		page(w, r.WithContext(context.WithValue(r.Context(), personKey{}, who)))
	}
}

// liveHeader and liveMark tell a page that reads itself again from one that somebody opens.
const (
	liveHeader = "Miniflow-Live"
	liveMark   = "live"
)

// session is who is logged in. A page that reads itself again is nothing that somebody does: whoever has
// gone away is logged out all the same.
func (c *Console) session(w http.ResponseWriter, r *http.Request) (people.Session, bool) {
	if r.Header.Get(liveHeader) != "" || r.URL.Query().Get(liveMark) != "" {
		return c.config.People.Sessions.Peek(r)
	}
	return c.config.People.Sessions.Of(w, r)
}

// addressOf is a page's address without the mark, to come back to.
func addressOf(r *http.Request) string {
	query := r.URL.Query()
	query.Del(liveMark)
	return filterAll(r.URL.Path, query)
}

// logInPage is what the page of the log-in is given.
type logInPage struct {
	people.Page
	StartOIDC string
}

// renderLogIn shows the page on which people log in.
func (c *Console) renderLogIn(w http.ResponseWriter, r *http.Request, page people.Page) {
	c.show(w, r, page.Status, view{Name: "log-in", Page: &logInPage{page, filter(people.OIDCStartPath, "next", page.Next)}})
}

// rolesOf names the roles that may call an operation, for whoever may not.
func rolesOf(operationID string) string {
	var names []string
	for _, role := range rolesFor(operationID) {
		names = append(names, string(role))
	}
	return strings.Join(names, ", ")
}

func rolesFor(operationID string) []people.Role {
	return slices.DeleteFunc(people.Roles(), func(role people.Role) bool { return !role.Allows(operationID) })
}
