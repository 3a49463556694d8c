package clustertest

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"miniflow/cmd/standalone/internal/outside"
)

// TestListsWaitForTheirTurn asks for four times as many lists at once as Temporal lets a namespace
// ask in a second unless told otherwise (frontend.namespaceRPS.visibility), and for the counts of a
// dashboard beside them. Each is answered: the client waits and asks again.
func TestListsWaitForTheirTurn(t *testing.T) {
	var group sync.WaitGroup
	failed := make([]error, 40)
	for i := range failed {
		path := []string{"/v1/orders", "/v1/deliveries?state=late", "/v1/orders?attention=true", "/v1/stats"}[i%4]
		group.Go(func() {
			if err := running.api.Call(t.Context(), http.MethodGet, path, nil, nil); err != nil {
				failed[i] = fmt.Errorf("%s: %w", path, err)
			}
		})
	}
	group.Wait()
	for _, err := range failed {
		if err != nil {
			t.Error(err)
		}
	}
	must(t, outside.Poll(within(t), often, func() error { return running.api.Call(t.Context(), http.MethodGet, "/v1/orders", nil, nil) }))
}
