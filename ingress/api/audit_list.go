package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"miniflow/ingress/api/problem"
	"miniflow/internal/audit"
)

type listAuditInput struct {
	Who    string `query:"who" maxLength:"64" doc:"A person, a key, or whom a backend has named as the actor."`
	Object string `query:"object" maxLength:"128" doc:"An out_order_no, notify_id, mini_app_id or merchant_ref."`
	Since  string `query:"since" maxLength:"40" doc:"Recorded then or later, RFC 3339."`
	PageRequest
}

type listAuditOutput struct{ Body auditPage }

type auditPage struct {
	Entries []auditEntry `json:"entries" doc:"The newest first."`
	// NextCursor is empty on the last page, so that a client's loop has one condition.
	NextCursor string `json:"next_cursor" doc:"Empty on the last page."`
}

type auditEntry struct {
	At       time.Time     `json:"at" doc:"When." example:"2026-11-20T08:00:00Z"`
	Who      string        `json:"who" doc:"The person, or the key." example:"operator-1"`
	Actor    string        `json:"actor,omitempty" doc:"Whom a backend has named as the actor."`
	Role     string        `json:"role,omitempty" doc:"The person's role then; left out for a key." example:"operator"`
	Address  string        `json:"address,omitempty" doc:"Where it came from." example:"192.0.2.7"`
	Action   string        `json:"action" doc:"The call's operationId, or what else was done: log-in." example:"withdraw"`
	Outcome  audit.Outcome `json:"outcome" enum:"done,refused,failed" doc:"What came of it." example:"done"`
	Problem  string        `json:"problem,omitempty" doc:"The kind of the problem, where it was refused or failed." example:"role-forbidden"`
	Chain    string        `json:"chain" doc:"The process that has recorded it." example:"20261120T080000Z-1a2b3c4d"`
	Sequence uint64        `json:"sequence" doc:"Its place there." example:"17"`
	Hash     string        `json:"hash" doc:"Of its line."`
	Erased   bool          `json:"erased,omitempty" doc:"What it was about has been erased."`
	audit.Detail
}

func (a *API) routeAudit(calls huma.API) {
	call(a, calls, APIScopeAudit, huma.Operation{
		OperationID: "list-audit", Method: http.MethodGet, Path: "/v1/audit", Tags: []string{"audit"},
		Summary:     "Read who did what",
		Description: "Every call that is not a GET, refusals, and what was revealed: from the folder of the process that answers. A caller who is bound to apps or merchants sees what is about them.",
	}, a.listAudit)
}

func (a *API) listAudit(ctx context.Context, input *listAuditInput) (*listAuditOutput, error) {
	if a.config.Audit == nil {
		return nil, problem.Of(problem.AuditMissing)
	}
	since, err := readMoment("query.since", input.Since)
	if err != nil {
		return nil, err
	}
	filter := "audit " + input.Who + "\x00" + input.Object + "\x00" + input.Since
	at, err := readCursor(input.Cursor, filter)
	if err != nil {
		return nil, err
	}
	query := audit.Query{Who: input.Who, Object: input.Object, Since: since, Limit: input.size(), Visible: callerOf(ctx).mayAudit}
	if len(at.Token) > 0 {
		query.Before = &audit.Record{}
		if err := json.Unmarshal(at.Token, query.Before); err != nil {
			return nil, badCursor()
		}
	}
	found, err := a.config.Audit.Newest(query)
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	page := auditPage{Entries: make([]auditEntry, 0, len(found))}
	for _, r := range found {
		page.Entries = append(page.Entries, shownEntry(r))
	}
	if len(found) == query.Limit {
		page.NextCursor = behind(found[len(found)-1], filter)
	}
	return &listAuditOutput{Body: page}, nil
}

// mayAudit hides what is about other apps or merchants than the caller's, and from one who is bound to
// some what is about none.
func (c *caller) mayAudit(r audit.Record) bool {
	return (c.every || slices.Contains(c.apps, r.Detail.AppID)) && c.merchants.has(r.Detail.MerchantRef)
}

func behind(last audit.Record, filter string) string {
	at, err := json.Marshal(audit.Record{Entry: audit.Entry{At: last.At}, Chain: last.Chain, Sequence: last.Sequence})
	if err != nil {
		return "" // a time, a text and a number can always be marshalled
	}
	return cursor{Token: at}.write(filter)
}

func shownEntry(r audit.Record) auditEntry {
	return auditEntry{
		At: r.At, Who: r.Who, Actor: r.Actor, Role: r.Role, Address: r.Address, Action: r.Action, Outcome: r.Outcome, Problem: r.Problem,
		Chain: r.Chain, Sequence: r.Sequence, Hash: r.Hash, Erased: r.Erased, Detail: r.Detail,
	}
}
