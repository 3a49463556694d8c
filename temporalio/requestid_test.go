package temporalio_test

import (
	"testing"

	"pgregory.net/rapid"

	"miniflow/order"
	"miniflow/temporalio"
)

func TestDifferentNotificationsHaveDifferentRequestIDs(t *testing.T) {
	keys := rapid.Custom(func(rt *rapid.T) order.NotificationKey {
		part := rapid.StringMatching(`[01:]{0,4}`) // everything that could run together does
		return order.NotificationKey{AppID: part.Draw(rt, "app"), NotifyID: part.Draw(rt, "id"), Digest: part.Draw(rt, "digest")}
	})
	requestID := func(key order.NotificationKey) string {
		return temporalio.RequestIDOf(temporalio.WithRequestID(t.Context(), key))
	}
	rapid.Check(t, func(rt *rapid.T) {
		ids := map[string]order.NotificationKey{}
		for _, key := range rapid.SliceOfN(keys, 100, 200).Draw(rt, "keys") {
			if other, taken := ids[requestID(key)]; taken && other != key {
				rt.Fatalf("%+v and %+v share an id", key, other)
			}
			ids[requestID(key)] = key
		}
	})
}
