package api

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"miniflow/attention"
	"miniflow/attention/gather"
	"miniflow/order"
	"miniflow/temporalio"
)

// gatheredFor is how long what was gathered is shown again, because it costs Temporal some lists.
const gatheredFor = 3 * time.Second

// attentionMemory keeps what was gathered of each app for a moment; those who ask at once share one
// gathering.
type attentionMemory struct {
	mutex     sync.Mutex
	known     map[string]gatheredAt
	gathering singleflight.Group
}

type gatheredAt struct {
	at    time.Time
	found gather.Found
}

func (m *attentionMemory) recall(appID string, now time.Time) (gather.Found, bool) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	kept, ok := m.known[appID]
	return kept.found, ok && now.Sub(kept.at) < gatheredFor
}

func (m *attentionMemory) keep(appID string, now time.Time, found gather.Found) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.known == nil {
		m.known = map[string]gatheredAt{} // one entry for each app
	}
	m.known[appID] = gatheredAt{now, found}
}

// gathered returns what needs a person in an app, as of the last few seconds.
func (a *API) gathered(ctx context.Context, appID string) (gather.Found, error) {
	now := a.config.Now()
	if kept, ok := a.attention.recall(appID, now); ok {
		return kept, nil
	}
	answer, err, _ := a.attention.gathering.Do(appID, func() (any, error) {
		// The first who asked may go away, and the others still wait.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callWithin)
		defer cancel()
		found, err := a.gatherer().Of(ctx, appID)
		if err == nil {
			a.attention.keep(appID, now, found)
		}
		return found, err
	})
	if err != nil {
		return gather.Found{}, temporalProblem(err, "list workflows", "")
	}
	found, _ := answer.(gather.Found)
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
	item := attention.Item{ID: path.ID, AppID: path.AppID, Commands: []string{}}
	switch what, which, _ := strings.Cut(path.ID, ":"); what {
	case "order":
		item.OutOrderNo = which
	case "mini-program":
		item.MiniAppID = which
	case "delivery", "copy":
		item.NotifyID = which
	}
	return item, nil
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
