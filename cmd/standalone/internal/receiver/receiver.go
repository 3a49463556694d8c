// Package receiver is the ISV's backend of the standalone: it takes the events
// that Miniflow posts, and shows them.
//
// It promises what every receiver of such events has to do: nothing is taken whose
// Standard Webhooks signature does not verify by the scheme's own public library,
// a repeat is known by its webhook-id and counted once, and what is kept is
// bounded. It keeps everything in memory, for looking at and not for relying on.
package receiver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Both paths are outside of /sim, because the ISV's backend is not a part of Alipay.
const (
	// EventsPath takes events; it is what the standalone's webhook.url and forward.url name.
	EventsPath = "/isv/events"
	// ReceivedPath shows them: a page for browsers, JSON for everyone else.
	ReceivedPath = "/received"
)

const (
	// maxEvent bounds an event, in bytes. Miniflow keeps 64 KiB of a message, which JSON text
	// may make several times as long.
	maxEvent = 512 << 10
	// maxKept bounds the memory; the oldest event makes room, because people look at the
	// newest.
	maxKept = 1000
)

// Arrival is one event that came and verified, with its repeats counted: Miniflow delivers at
// least once.
type Arrival struct {
	// At is when it came first, so that a repeat doesn't move it to the top.
	At    time.Time `json:"at"`
	Times int       `json:"times"`
	// WebhookID is the same in a repeat of an event, which is how a receiver knows one.
	WebhookID string `json:"webhook_id"`
	// These are taken out of the event, so that a row of the page needs no reading of
	// JSON.
	Type       string `json:"type"`
	Name       string `json:"name,omitempty"`
	NotifyID   string `json:"notify_id,omitempty"`
	OutOrderNo string `json:"out_order_no,omitempty"`
	// Event is the whole of it, as it was signed.
	Event json.RawMessage `json:"event"`
}

// Receiver takes events. It is safe for concurrent use, as Miniflow posts several at a time.
type Receiver struct {
	verifier *webhooks.Webhook
	report   func(Arrival)
	now      func() time.Time

	mu   sync.Mutex
	kept []Arrival // the oldest first
}

// New makes a receiver that knows the secret (whsec_…) and reports an event only when it comes
// for the first time, because a repeat is not news. Its error leaves the secret out.
func New(secret string, now func() time.Time, report func(Arrival)) (*Receiver, error) {
	verifier, err := webhooks.NewWebhook(secret)
	if err != nil {
		return nil, errors.New("make the receiver: its secret has to be whsec_ and base64")
	}
	return &Receiver{verifier: verifier, report: report, now: now}, nil
}

// Handler serves both paths and passes everything else on, so that one port is enough for the
// simulator and the ISV's backend.
func (r *Receiver) Handler(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+EventsPath, r.handleEvent)
	mux.HandleFunc("GET "+ReceivedPath, r.handleReceived)
	mux.Handle("/", next)
	return mux
}

// handleEvent answers 204 for an event that verifies and 401 for any other. Miniflow repeats
// after an error, so an event that was reported is never answered with one.
func (r *Receiver) handleEvent(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, maxEvent))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		http.Error(w, "the event is larger than any of Miniflow's", http.StatusRequestEntityTooLarge)
		return
	case err != nil:
		http.Error(w, "the event did not arrive whole; send it again", http.StatusBadRequest)
		return
	}
	// Verified before anything is read of it: until then it is anybody's text.
	if err := r.verifier.Verify(body, request.Header); err != nil {
		http.Error(w, "the signature does not verify; sign with the secret in webhook-secret of the data directory", http.StatusUnauthorized)
		return
	}
	arrival, err := r.read(body, request.Header.Get(webhooks.HeaderWebhookID))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if r.keep(arrival) {
		r.report(arrival)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (r *Receiver) read(body []byte, id string) (Arrival, error) {
	// Only what the page shows: a backend that reads a member more depends on it.
	var event struct {
		Type string `json:"type"`
		Data struct {
			Name       string `json:"name"`
			NotifyID   string `json:"notify_id"`
			OutOrderNo string `json:"out_order_no"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &event); err != nil {
		return Arrival{}, fmt.Errorf("the event is no JSON of an event: %w", err)
	}
	return Arrival{
		At: r.now().UTC(), Times: 1, WebhookID: id, Type: event.Type, Name: event.Data.Name, NotifyID: event.Data.NotifyID,
		OutOrderNo: event.Data.OutOrderNo, Event: body,
	}, nil
}

// keep reports whether the event is news. Looking and keeping are one step under the lock, so that
// two copies at once don't both count as the first.
func (r *Receiver) keep(arrival Arrival) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	// Known by webhook-id and not by content: two events may say the same and be two.
	if i := slices.IndexFunc(r.kept, func(a Arrival) bool { return a.WebhookID == arrival.WebhookID }); i >= 0 {
		r.kept[i].Times++
		return false
	}
	if len(r.kept) == maxKept {
		r.kept = slices.Delete(r.kept, 0, 1)
	}
	r.kept = append(r.kept, arrival)
	return true
}

// Received are the events that are kept, the newest first, because that is the one looked for.
func (r *Receiver) Received() []Arrival {
	r.mu.Lock()
	defer r.mu.Unlock()
	received := append([]Arrival{}, r.kept...) // never null in JSON
	slices.Reverse(received)
	return received
}
