package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"miniflow/ingress/api/problem"
	"miniflow/order"
)

// Arrivals is what the REST API needs of the doors of its process, to show what comes.
type Arrivals interface {
	// Last returns the number of the newest arrival.
	Last() uint64
	// After returns the arrivals of apps behind a number, the newest number, and a channel that the
	// next arrival closes.
	After(sequence uint64, apps []string) (found []order.Arrival, last uint64, more <-chan struct{})
}

type tailInput struct {
	AppID string `query:"app_id" maxLength:"64" doc:"Left out: every app of the key."`
}

func (a *API) routeTail(calls huma.API) {
	operation := call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "tail-deliveries", Method: http.MethodGet, Path: "/v1/deliveries/tail", Tags: []string{"deliveries"},
		Summary: "Watch notifications arrive",
		Description: "A stream (text/event-stream) of what the doors of the process that answers take or refuse, from now on: a line of JSON each (id: its number, data: the arrival). It goes on for ten minutes; then connect again. " +
			"Other processes have streams of their own. It is for people who look on, and nothing is promised: what became of a message is in its order's timeline, or among the deliveries.",
	}, a.tail)
	arrival := calls.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[order.Arrival](), true, "Arrival")
	operation.Responses["200"] = &huma.Response{Description: "Arrivals.", Content: map[string]*huma.MediaType{eventStream: {Schema: arrival}}}
}

func (a *API) tail(ctx context.Context, input *tailInput) (*huma.StreamResponse, error) {
	apps, err := appsFor(ctx, input.AppID)
	if err != nil {
		return nil, err
	}
	if a.config.Arrivals == nil {
		return nil, problem.Of(problem.DoorMissing)
	}
	select {
	case a.waiters <- struct{}{}:
	default:
		return nil, problem.New(problem.TooManyWaiting, "this process holds %d long-polls and streams, the most it holds; try again after Retry-After", maxWaiters).After(againSoon)
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer func() { <-a.waiters }()
		a.tailOn(hc, apps)
	}}, nil
}

// tailOn writes arrivals as they come. A comment keeps proxies from taking a quiet stream for a
// dead one, and is how it begins: a reader sees that it is connected.
func (a *API) tailOn(hc huma.Context, apps []string) {
	begin(hc)
	ctx, cancel := a.streaming(hc)
	defer cancel()
	quiet := time.NewTicker(keepAlive)
	defer quiet.Stop()
	seen, line := a.config.Arrivals.Last(), ": waiting\n\n"
	for {
		found, last, more := a.config.Arrivals.After(seen, apps)
		seen = last
		for _, arrival := range found {
			text, err := json.Marshal(arrival)
			if err != nil {
				return
			}
			line += fmt.Sprintf("id: %d\ndata: %s\n\n", arrival.Sequence, text)
		}
		if _, err := hc.BodyWriter().Write([]byte(line)); err != nil || flush(hc) != nil {
			return
		}
		line = ""
		select {
		case <-ctx.Done():
			return
		case <-more:
		case <-quiet.C:
			line = ": waiting\n\n"
		}
	}
}
