package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"miniflow/ingress/api/problem"
	"miniflow/order"
	"miniflow/words"
)

// listEventsInput has wait as a text, as [getOrderInput] has.
type listEventsInput struct {
	OrderPath
	After  int    `query:"after" minimum:"0" doc:"The sequence of the last event that is known already."`
	Told   bool   `query:"told" doc:"Also how far the app's webhook has come with this order, which costs a look at it; not in a stream."`
	Accept string `header:"Accept" doc:"text/event-stream for a stream that goes on."`
	Last   string `header:"Last-Event-ID" maxLength:"20" doc:"What a stream that broke off sends in place of after: the id of its last event."`
}

type eventList struct {
	Events []order.ToldEvent `json:"events" doc:"What happened, oldest first."`
	Order  orderBody         `json:"order" doc:"The order as it stands now."`
	Told   *told             `json:"told,omitempty" doc:"With told: how far the app's webhook has come with it."`
}

const eventStream = "text/event-stream"

// streamFor bounds a stream; a client goes on where it ended by connecting again, as browsers do.
const streamFor = 10 * time.Minute

func (a *API) routeEvents(calls huma.API) {
	operation := call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "list-events", Method: http.MethodGet, Path: "/v1/orders/{app_id}/{out_order_no}/events", Tags: []string{"events"},
		Summary: "Read an order's events, or follow them",
		Description: "The same events, under the same ids, that webhooks are told. Accept: text/event-stream has the answer go on, with one event after the other as they happen (id: its sequence, event: its type, data: the event), until the order has ended, or for ten minutes: then connect again with Last-Event-ID.\n\n" +
			"A long timeline is folded in its middle: previous shows which events are missing.",
	}, a.listEvents)
	answer := calls.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[eventList](), true, "EventList")
	event := calls.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[order.ToldEvent](), true, "ToldEvent")
	operation.Responses["200"] = &huma.Response{Description: "The events.", Content: map[string]*huma.MediaType{
		"application/json": {Schema: answer}, eventStream: {Schema: event},
	}}
}

func (a *API) listEvents(ctx context.Context, input *listEventsInput) (*huma.StreamResponse, error) {
	if input.Last != "" {
		last, err := strconv.Atoi(input.Last)
		if err != nil || last < 0 {
			return nil, problem.Bad("header.Last-Event-ID", "is the id of an event of this stream, a number")
		}
		input.After = last
	}
	events, f, err := a.eventsOf(ctx, input.OrderPath, input.After)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(input.Accept, eventStream) {
		answer := eventList{Events: events, Order: a.answer(http.StatusOK, f).Body}
		if input.Told {
			if answer.Told, err = a.toldOf(ctx, f); err != nil {
				return nil, err
			}
		}
		list := words.Rendered(languageOf(ctx), answer)
		return &huma.StreamResponse{Body: func(hc huma.Context) { writeJSON(hc, list) }}, nil
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) { a.stream(hc, input, events, f) }}, nil
}

// eventsOf asks an order for its events. One that can't be asked shows those of its summary, which
// has none.
func (a *API) eventsOf(ctx context.Context, path OrderPath, after int) ([]order.ToldEvent, found, error) {
	f, err := a.look(ctx, path.AppID, path.OutOrderNo)
	if err != nil {
		return nil, f, err
	}
	asking, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	told, err := ask[order.ToldEvents](asking, a.config.Temporal, order.WorkflowID(path.AppID, path.OutOrderNo), f.runID(), order.EventsQuery, order.EventsAsked{After: after})
	if err != nil {
		return nil, f, temporalProblem(err, "read the order's events", problem.OrderUnknown)
	}
	f.view = told.Order
	return a.config.Links.Tell(filled(told.Events), f.view.ShopName), f, nil
}

func writeJSON(hc huma.Context, body any) {
	hc.SetHeader("Content-Type", "application/json")
	text, err := json.Marshal(body)
	if err != nil {
		hc.SetStatus(http.StatusInternalServerError)
		return
	}
	_, _ = hc.BodyWriter().Write(append(text, '\n')) // a client that has gone reads nothing
}

// stream writes events as they happen.
func (a *API) stream(hc huma.Context, input *listEventsInput, told []order.ToldEvent, f found) {
	begin(hc)
	ctx, cancel := a.streaming(hc)
	defer cancel()
	seen := f.view.Sequence
	for {
		for _, event := range told {
			text, err := json.Marshal(words.Rendered(languageOf(hc.Context()), event))
			if err != nil {
				return
			}
			if _, err := fmt.Fprintf(hc.BodyWriter(), "id: %d\nevent: %s\ndata: %s\n\n", event.Sequence, event.Type, text); err != nil {
				return
			}
			input.After = event.Sequence
		}
		if flush(hc) != nil || f.view.Stage.Ended() || f.closed() || ctx.Err() != nil {
			return
		}
		// The comment keeps proxies from taking a quiet stream for a dead one.
		news, err := a.awaitNews(ctx, input.OrderPath, keepAlive, seen)
		if err != nil {
			return
		}
		if news.view.Sequence == seen && !news.view.Stage.Ended() && !news.closed() {
			if _, err := fmt.Fprint(hc.BodyWriter(), ": waiting\n\n"); err != nil {
				return
			}
			told = nil
			continue
		}
		seen = news.view.Sequence
		if told, f, err = a.eventsOf(ctx, input.OrderPath, input.After); err != nil {
			return
		}
	}
}

// keepAlive is how long a stream is quiet at most.
const keepAlive = 25 * time.Second

// streaming returns the context of a stream, which ends with its client, after its time, and with
// the process.
func (a *API) streaming(hc huma.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(hc.Context(), streamFor)
	stop := context.AfterFunc(a.streams, cancel)
	return ctx, func() { stop(); cancel() }
}

// EndStreams ends all streams, for a server that is about to end: it waits for answers, and a stream
// is one that goes on.
func (a *API) EndStreams() { a.endStreams() }

// begin says that a stream follows.
func begin(hc huma.Context) {
	hc.SetHeader("Content-Type", eventStream)
	hc.SetHeader("Cache-Control", "no-store")
	hc.SetHeader("X-Accel-Buffering", "no") // nginx would keep events back
}

// flush sends what a stream has written so far. The server's deadline is for an answer, and a stream
// lasts longer than that: each part of it has as long.
func flush(hc huma.Context) error {
	_, w := humachi.Unwrap(hc)
	stream := http.NewResponseController(w)
	if err := stream.SetWriteDeadline(time.Now().Add(2 * keepAlive)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return stream.Flush()
}
