package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"miniflow/attention"
	"miniflow/ingress/api/strict"
)

type attentionInput struct {
	AppID      string `query:"app_id" maxLength:"64" doc:"Left out: every app of the key."`
	Kind       string `query:"kind" enum:"workflow_stopped,webhook_down,forward_failing,certificate_ends,authorization,mini_program_offline,needs_operator,delivery_dead,needs_input,filing,audit_rejected,base_passed,needs_approval" doc:"Only what needs a person for this reason."`
	AssignedTo string `query:"assigned_to" maxLength:"64" doc:"Only what this person or team has taken; - is what nobody has."`
	Snoozed    string `query:"snoozed" enum:"include" doc:"include: also what is snoozed now, which is left out otherwise."`
	Sort       string `query:"sort" enum:"urgency,newest" doc:"urgency: what stops many merchants before what stops one, of each kind the latest first; newest: the latest first. urgency when left out."`
	PageRequest
}

type attentionListOutput struct{ Body attentionList }

type attentionList struct {
	Items []attentionItem `json:"items"`
	// Counts contain every kind, so that a missing one is not confused with zero.
	Counts   map[attention.Kind]int `json:"counts" doc:"How many there are of each kind, on all pages and whatever kind was asked for; every kind is there."`
	Complete bool                   `json:"complete" doc:"false where more than some thousands need a person, which are not all read."`
	// Unnoted are apps whose notes could not be read.
	Unnoted    []string `json:"unnoted,omitempty" doc:"Apps whose notes could not be read just now: whatever is theirs is shown as taken by nobody, and not snoozed."`
	NextCursor string   `json:"next_cursor" doc:"Empty on the last page."`
}

// attentionItem is an item with what people have noted about it.
type attentionItem struct {
	attention.Item
	Needed       bool               `json:"needed" doc:"Whether it needs a person now; false where only its notes are left." example:"true"`
	AssignedTo   string             `json:"assigned_to" doc:"Who has taken it; empty where nobody has." example:"operator-1"`
	AssignedAt   *time.Time         `json:"assigned_at" doc:"When; null where nobody has." example:"2026-11-20T08:00:00Z"`
	SnoozedUntil *time.Time         `json:"snoozed_until" doc:"Until when nobody wants to see it; null where that is not so." example:"2026-11-21T08:00:00Z"`
	Comments     []attentionComment `json:"comments" doc:"What people have said, oldest first; the last 20."`
}

type attentionComment struct {
	By   string    `json:"by" doc:"Who." example:"operator-1"`
	At   time.Time `json:"at" doc:"When." example:"2026-11-20T08:00:00Z"`
	Text string    `json:"text" doc:"What." example:"the merchant sends a new logo today"`
}

// AttentionPath names one thing that needs, or needed, a person. It is exported because the framework
// ignores unexported embedded types.
type AttentionPath struct {
	AppID string `path:"app_id" maxLength:"64" doc:"The third-party application."`
	ID    string `path:"id" pattern:"^((order|delivery|copy|mini-program|certificate):[!-.0-~]{1,160}|webhook|forward)$" doc:"As GET /v1/attention shows it, percent-encoded." example:"order:shop-7-first"`
}

type attentionItemOutput struct{ Body attentionItem }

// routeAttention registers the list of what needs a person, and what people note about it.
func (a *API) routeAttention(calls huma.API) {
	const path = "/v1/attention/{app_id}/{id}"
	call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "list-attention", Method: http.MethodGet, Path: "/v1/attention", Tags: []string{"attention"},
		Summary:     "List everything that needs a person",
		Description: "Orders on a hold that a person ends, rejected or passed in part; workflows that are stopped; dead messages; authorisations that are gone; targets that are down; certificates that run out. As of the last few seconds. A cursor loses nothing and may repeat.",
	}, a.listAttention)
	call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "get-attention", Method: http.MethodGet, Path: path, Tags: []string{"attention"},
		Summary: "See one thing that needs a person, and what was noted about it", Description: "Also where it needs none now: needed is false then.",
	}, func(ctx context.Context, input *AttentionPath) (*attentionItemOutput, error) {
		found, err := a.oneAttention(ctx, *input)
		if err != nil {
			return nil, err
		}
		notes, err := a.notesOf(ctx, input.AppID)
		if err != nil {
			return nil, temporalProblem(err, "read the notes", "")
		}
		item, err := a.noted(found, notes.Of(input.ID))
		return &attentionItemOutput{Body: item}, err
	})
	noting(a, calls, "assign", "Say who has taken it", "An empty name gives it to nobody.", strict.NewReader[assignBody](a.schemas), assign)
	noting(a, calls, "snooze", "Leave it out of lists and digests until a moment", "Without a moment it is shown again.", strict.NewReader[snoozeBody](a.schemas), a.snooze)
	noting(a, calls, "comment", "Say something about it", "Comments are kept sealed, the last 20, for 90 days after the item was touched last.", strict.NewReader[commentBody](a.schemas), a.comment)
}

// listAttention handles GET /v1/attention.
func (a *API) listAttention(ctx context.Context, input *attentionInput) (*attentionListOutput, error) {
	apps, err := appsFor(ctx, input.AppID)
	if err != nil {
		return nil, err
	}
	from, err := input.from(apps)
	if err != nil {
		return nil, err
	}
	listed := attentionList{Items: []attentionItem{}, Counts: map[attention.Kind]int{}, Complete: true}
	for _, kind := range attention.Kinds() {
		listed.Counts[kind] = 0
	}
	var shown []attentionItem
	for _, appID := range apps {
		items, err := a.attentionOf(ctx, appID, input, &listed)
		if err != nil {
			return nil, err
		}
		shown = append(shown, items...)
	}
	slices.SortFunc(shown, func(one, other attentionItem) int { return input.order(one.Item, other.Item) })
	listed.Items, listed.NextCursor = input.page(shown, from, apps)
	return &attentionListOutput{Body: listed}, nil
}

// attentionOf returns what a list shows of one app, and counts it.
func (a *API) attentionOf(ctx context.Context, appID string, input *attentionInput, listed *attentionList) ([]attentionItem, error) {
	found, err := a.ownGathered(ctx, appID)
	if err != nil {
		return nil, err
	}
	notes, failed := a.notesOf(ctx, appID)
	if failed != nil {
		a.config.Log.WarnContext(ctx, "the notes of an app can't be read", "app_id", appID, "error", failed.Error())
		listed.Unnoted = append(listed.Unnoted, appID)
	}
	listed.Complete = listed.Complete && found.Complete
	var shown []attentionItem
	for _, one := range found.Items {
		item, err := a.noted(one, notes.Of(one.ID))
		if err != nil {
			return nil, err
		}
		if input.shows(item) {
			listed.Counts[item.Kind]++
			shown = append(shown, item)
		}
	}
	return shown, nil
}

// shows reports whether the filters let an item through; that of its kind comes later, because counts
// are of every kind.
func (input *attentionInput) shows(item attentionItem) bool {
	switch {
	case item.SnoozedUntil != nil && input.Snoozed == "":
		return false
	case input.AssignedTo == "-":
		return item.AssignedTo == ""
	}
	return input.AssignedTo == "" || item.AssignedTo == input.AssignedTo
}
