package api

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"miniflow/ingress/api/problem"
	"miniflow/order"
)

// stateJournaled is the filter for messages that wait in the door's journal. It is not a
// disposition: to the message's sender they are waiting like any other.
const stateJournaled = "journaled"

// listJournaled lists what waits in the journal of this process, oldest first. A process
// without a journal refuses, because an empty list would be taken for an empty journal.
func (a *API) listJournaled(ctx context.Context, input *listDeliveriesInput, apps []string) (*listDeliveriesOutput, error) {
	if a.config.Journal == nil {
		return nil, problem.Of(problem.JournalMissing)
	}
	filter := stateJournaled + " " + strings.Join(apps, ",")
	at, err := readCursor(input.Cursor, filter)
	if err != nil {
		return nil, err
	}
	var after uint64
	if len(at.Token) == 8 {
		after = binary.BigEndian.Uint64(at.Token)
	}
	views, last, err := a.config.Journal.Waiting(after, apps, input.size())
	if err != nil {
		return nil, fmt.Errorf("list the journal: %w", err)
	}
	if views, err = a.ownDeliveries(ctx, views); err != nil {
		return nil, err
	}
	listed := deliveryList{Deliveries: append([]order.DeliveryView{}, views...)}
	if last > 0 {
		listed.NextCursor = cursor{Token: binary.BigEndian.AppendUint64(nil, last)}.write(filter)
	}
	return &listDeliveriesOutput{Body: listed}, nil
}
