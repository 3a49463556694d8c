package console

import (
	"net/http"
	"net/url"
	"time"

	"miniflow/internal/audit"
)

// auditPage is a page of the audit log.
type auditPage struct {
	Who, Object, Since string
	Entries            []auditEntry
	Next               string
}

// auditEntry is one line of it.
type auditEntry struct {
	At      time.Time     `json:"at"`
	Who     string        `json:"who"`
	Actor   string        `json:"actor"`
	Role    string        `json:"role"`
	Address string        `json:"address"`
	Action  string        `json:"action"`
	Outcome audit.Outcome `json:"outcome"`
	Problem string        `json:"problem"`
	Erased  bool          `json:"erased"`
	audit.Detail
}

// dayInput is how a browser sends a day.
const dayInput = "2006-01-02"

func (c *Console) auditLog(w http.ResponseWriter, r *http.Request) {
	query, asked := r.URL.Query(), url.Values{}
	page := auditPage{Who: query.Get("who"), Object: query.Get("object"), Since: query.Get("since")}
	for _, name := range []string{"who", "object", "cursor"} {
		if value := query.Get(name); value != "" {
			asked.Set(name, value)
		}
	}
	if day, err := time.ParseInLocation(dayInput, page.Since, beijing); err == nil {
		asked.Set("since", day.Format(time.RFC3339))
	}
	var found struct {
		Entries []auditEntry `json:"entries"`
		Next    string       `json:"next_cursor"`
	}
	if err := c.read(r, "/v1/audit", asked, &found); err != nil {
		c.fail(w, r, err)
		return
	}
	page.Entries, page.Next = found.Entries, next(r, found.Next)
	c.show(w, r, http.StatusOK, view{Name: "audit", Page: &page})
}
