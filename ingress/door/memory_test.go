package door

import (
	"crypto/sha256"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"miniflow/order"
)

func hashOf(text string) bodyHash { return sha256.Sum256([]byte(text)) }

func TestMemoryForgetsByTime(t *testing.T) {
	m := newMemory(10, time.Minute)
	m.remember(hashOf("a"), recollection{name: "first"}, doorNow())
	for after, want := range map[time.Duration]bool{0: true, time.Minute - 1: true} {
		if what, ok := m.recall(hashOf("a"), doorNow().Add(after)); ok != want || what.name != "first" {
			t.Errorf("after %v: %v, %+v", after, ok, what)
		}
	}
	// A lookup does not extend the entry, so that an endlessly repeated body is checked
	// again.
	if _, ok := m.recall(hashOf("a"), doorNow().Add(time.Minute)); ok {
		t.Error("remembered for too long")
	}
	if len(m.entries) != 0 || m.recent.Len() != 0 {
		t.Error("what is forgotten still takes room")
	}
}

// A text of a message is a part of its body, which was kept in memory by it.
func TestMemoryKeepsNoBody(t *testing.T) {
	const bodies, size = 200, 100_000
	m := newMemory(bodies, time.Hour)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range bodies {
		body := strings.Repeat("x", size) + strconv.Itoa(i)
		m.remember(hashOf(body), recollection{key: order.NotificationKey{AppID: body[:16], NotifyID: body[16:48], Digest: body[48:80]}, name: body[80:90]}, doorNow())
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > bodies*size/10 { //nolint:gosec // a heap fits
		t.Errorf("%d bodies of %d bytes keep %d bytes", bodies, size, grown)
	}
	runtime.KeepAlive(m)
}

func TestMemoryMakesRoomForTheNew(t *testing.T) {
	m := newMemory(2, time.Hour)
	for _, text := range []string{"a", "b"} {
		m.remember(hashOf(text), recollection{}, doorNow())
	}
	m.recall(hashOf("a"), doorNow())
	m.remember(hashOf("c"), recollection{}, doorNow())
	for text, want := range map[string]bool{"a": true, "b": false, "c": true} {
		if _, ok := m.recall(hashOf(text), doorNow()); ok != want {
			t.Errorf("%s is known: %v", text, ok)
		}
	}
}

// Compared with the plainest model, the memory never knows an unknown body, and never grows.
func TestMemoryNeverInvents(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.IntRange(1, 5).Draw(rt, "size")
		m, seen, now := newMemory(size, 10*time.Second), map[string]time.Time{}, doorNow()
		rt.Repeat(map[string]func(*rapid.T){
			"remember": func(rt *rapid.T) {
				text := strconv.Itoa(rapid.IntRange(0, 9).Draw(rt, "body"))
				m.remember(hashOf(text), recollection{name: text}, now)
				seen[text] = now
			},
			"recall": func(rt *rapid.T) {
				text := strconv.Itoa(rapid.IntRange(0, 9).Draw(rt, "body"))
				what, ok := m.recall(hashOf(text), now)
				at, known := seen[text]
				if ok && (!known || now.Sub(at) >= 10*time.Second || what.name != text) {
					rt.Fatalf("it claims to know %s as %+v", text, what)
				}
			},
			"wait": func(rt *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(0, 6).Draw(rt, "seconds")) * time.Second)
			},
			"": func(rt *rapid.T) {
				if len(m.entries) > size || len(m.entries) != m.recent.Len() {
					rt.Fatalf("%d entries, %d in line", len(m.entries), m.recent.Len())
				}
			},
		})
	})
}
