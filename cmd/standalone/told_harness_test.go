package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"miniflow/order"
	"miniflow/tell"
)

// listener is an ISV's backend beside the standalone: it outlives every kill, and refuses every
// fourth post.
type listener struct {
	server *httptest.Server

	mu      sync.Mutex
	posts   int
	told    map[string]int // up to which event, by order
	ended   map[string]order.Stage
	gaps    []string
	repeats int
}

func newListener(t *testing.T) *listener {
	t.Helper()
	l := &listener{told: map[string]int{}, ended: map[string]order.Stage{}}
	l.server = httptest.NewServer(l)
	t.Cleanup(l.server.Close)
	return l
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var message tell.Message
	if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
		http.Error(w, "no message", http.StatusBadRequest)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.posts++; l.posts%4 == 0 {
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	no := message.Data.OutOrderNo
	for _, event := range message.Data.Events {
		switch {
		case event.Sequence <= l.told[no]:
			l.repeats++
			continue
		case event.Previous != l.told[no]:
			l.gaps = append(l.gaps, fmt.Sprintf("%s: %d came after %d, and %d is before it", no, event.Sequence, l.told[no], event.Previous))
		}
		if l.told[no] = event.Sequence; event.Type == order.HappenedFinished {
			l.ended[no] = event.Stage
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// heardOf reports what is missing of what was to be told about demonstration orders.
func (l *listener) heardOf(ends map[string]order.Stage) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for no, end := range ends {
		if l.ended[no] != end {
			return fmt.Errorf("of %s it was told that it ended %q, want %s", no, l.ended[no], end)
		}
	}
	if len(l.gaps) > 0 {
		return fmt.Errorf("events are missing, or came out of order: %v", l.gaps)
	}
	return nil
}
