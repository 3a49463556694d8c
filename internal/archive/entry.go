package archive

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"miniflow/order"
)

// Entry is an archived order: what the API gave of it.
type Entry struct {
	ClosedAt time.Time
	// Asked is what it was asked for, as [Store.Asked] has it; empty where that could not be read.
	Asked string
	// Order is its view, with audits and timeline, and Events what a backend was told of it.
	Order  order.View
	Events []order.ToldEvent
}

// version is that of the form of what is kept. Members are added, and none is renamed.
const version = 1

// head is the first line.
type head struct {
	Archive  int       `json:"archive"`
	ClosedAt time.Time `json:"closed_at"`
	Asked    string    `json:"asked,omitempty"`
}

// line is each of the others: the order, then its events.
type line struct {
	Order *order.View      `json:"order,omitempty"`
	Event *order.ToldEvent `json:"event,omitempty"`
}

func (e Entry) lines() ([]byte, error) {
	var text bytes.Buffer
	writer := json.NewEncoder(&text)
	err := writer.Encode(head{version, e.ClosedAt, e.Asked})
	if err == nil {
		err = writer.Encode(line{Order: &e.Order})
	}
	for i := 0; i < len(e.Events) && err == nil; i++ {
		err = writer.Encode(line{Event: &e.Events[i]})
	}
	if err != nil {
		return nil, fmt.Errorf("write an order for the archive: %w", err)
	}
	return text.Bytes(), nil
}

func readLines(text []byte) (Entry, error) {
	reader := json.NewDecoder(bytes.NewReader(text))
	var first head
	if err := reader.Decode(&first); err != nil || first.Archive != version {
		return Entry{}, fmt.Errorf("%w: it is of another version (%d) of Miniflow, or was cut", ErrUnopened, first.Archive)
	}
	entry := Entry{ClosedAt: first.ClosedAt, Asked: first.Asked}
	for reader.More() {
		var next line
		if err := reader.Decode(&next); err != nil {
			return Entry{}, fmt.Errorf("%w: a line of it can't be read", ErrUnopened)
		}
		if next.Order != nil {
			entry.Order = *next.Order
		}
		if next.Event != nil {
			entry.Events = append(entry.Events, *next.Event)
		}
	}
	return entry, nil
}
