package clustertest

import (
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"miniflow/cmd/standalone/internal/outside"
)

func TestLists(t *testing.T) {
	var group sync.WaitGroup
	var mu sync.Mutex
	begun := time.Now()
	for _, path := range []string{"/v1/stats", "/v1/orders", "/v1/deliveries"} {
		for i := range 12 {
			if path == "/v1/stats" && i > 0 {
				continue
			}
			group.Go(func() {
				err := running.api.Call(t.Context(), http.MethodGet, path, nil, nil)
				mu.Lock()
				defer mu.Unlock()
				var s *outside.StatusError
				errors.As(err, &s)
				t.Log(path, time.Since(begun), err)
			})
		}
	}
	group.Wait()
	t.Log(running.Tail("api"))
}
