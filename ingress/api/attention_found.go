package api

import (
	"context"
	"fmt"
	"slices"

	"miniflow/attention"
	"miniflow/attention/gather"
	"miniflow/order"
	"miniflow/temporalio"
)

// gathered returns what needs a person in an app, as of the last few seconds.
func (a *API) gathered(ctx context.Context, appID string) (gather.Found, error) {
	// The first who asked may go away, and the others still wait.
	asking := context.WithoutCancel(ctx)
	found, err := a.gathers.get(ctx, appID, ages{gatheredFor, gatheredStale}, a.config.Now, func() (gather.Found, error) {
		ctx, cancel := context.WithTimeout(asking, callWithin)
		defer cancel()
		return a.gatherer().Of(ctx, appID)
	})
	if err != nil {
		return gather.Found{}, temporalProblem(err, "list workflows", "")
	}
	return found, nil
}

func (a *API) gatherer() *gather.Gatherer {
	return &gather.Gatherer{
		Temporal: a.config.Temporal, Namespace: a.config.Namespace, Links: a.config.Links, Certificates: a.config.Certificates,
		Webhook: func(appID string) bool { return a.config.Webhooks[appID] != nil }, Now: a.config.Now,
	}
}

// oneAttention returns one item. One that needs nobody now is what its id says, and no more.
func (a *API) oneAttention(ctx context.Context, path AttentionPath) (attention.Item, error) {
	found, err := a.gathered(ctx, path.AppID)
	if err != nil {
		return attention.Item{}, err
	}
	if at := slices.IndexFunc(found.Items, func(item attention.Item) bool { return item.ID == path.ID }); at >= 0 {
		return found.Items[at], nil
	}
	return attention.About(path.AppID, path.ID), nil
}

// notesOf asks what people have noted about what is an app's. Where nobody has noted anything yet, no
// workflow keeps it.
func (a *API) notesOf(ctx context.Context, appID string) (attention.Notes, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	notes, err := ask[attention.Notes](ctx, a.config.Temporal, order.AttentionWorkflowID(appID), "", order.ViewQuery)
	if temporalio.NotFound(err) {
		return nil, nil
	}
	return notes, err
}

// noted adds to an item what people have noted about it, with comments opened.
func (a *API) noted(item attention.Item, note attention.Note) (attentionItem, error) {
	item.Commands = filled(item.Commands)
	shown := attentionItem{Item: item, Needed: item.Kind != "", AssignedTo: note.AssignedTo, Comments: []attentionComment{}}
	if note.AssignedTo != "" {
		shown.AssignedAt = &note.AssignedAt
	}
	if note.Snoozed(a.config.Now()) {
		shown.SnoozedUntil = &note.SnoozedUntil
	}
	for _, said := range note.Comments {
		text, err := a.config.Sealer.Open(said.Text, item.AppID, order.SealNote)
		if err != nil {
			return shown, fmt.Errorf("open a comment: %w", err)
		}
		shown.Comments = append(shown.Comments, attentionComment{By: said.By, At: said.At, Text: string(text)})
	}
	return shown, nil
}
