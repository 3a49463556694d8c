package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"miniflow/order"
)

// written returns an env whose process died with these messages undispatched.
func written(t *testing.T, ids ...string) *env {
	t.Helper()
	e := newEnv(t)
	e.temporal.setRefuse(down)
	e.open()
	e.mustAccept("OUT", ids...)
	e.die()
	e.temporal.setRefuse(nil)
	return e
}

func rewrite(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, fileMode); err != nil {
		t.Fatal(err)
	}
}

// starts returns where the records of a segment begin.
func starts(data []byte) []int {
	var found []int
	scan(data, func(at int, _ record) { found = append(found, at) })
	return found
}

// A record that was cut off anywhere is dropped, with a line and a count, and what was before
// it is dispatched.
func TestATornRecordIsDropped(t *testing.T) {
	e := written(t, "a", "b", "torn")
	path, whole := e.onlySegment()
	last := starts(whole)[2]
	for name, tail := range map[string]func() []byte{
		"one byte":       func() []byte { return whole[:last+1] },
		"in its header":  func() []byte { return whole[:last+20] },
		"in its payload": func() []byte { return whole[:len(whole)-1] },
		"zeros": func() []byte { // a file that had grown when the power failed, and nothing in it
			return append(bytes.Clone(whole[:last]), make([]byte, len(whole)-last)...)
		},
		"half zeros": func() []byte {
			return append(bytes.Clone(whole[:last+100]), make([]byte, len(whole)-last-100)...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rewrite(t, path, tail())
				e.t, e.temporal.taken = t, nil
				e.temporal.setRefuse(down)
				e.start()
				if e.metric("torn_total") != 1 || e.metric("damaged") != 0 {
					t.Errorf("torn %v, damaged %v", e.metric("torn_total"), e.metric("damaged"))
				}
				if e.log.lines("was cut off") != 1 {
					t.Error("no line in the log")
				}
				e.end()
				e.temporal.setRefuse(nil)
				e.start() // it is dropped once
				if e.metric("torn_total") != 0 || e.metric("damaged") != 0 {
					t.Error("counted again")
				}
				e.mustAccept("OUT", "c")
				e.drained()
				e.want("OUT", "a", "b", "c")
				e.end()
			})
		})
	}
}

// A damaged record that others follow was acknowledged, so it is set aside, counted and shown
// until a person has taken it away; the others are dispatched.
func TestADamagedRecordIsSetAside(t *testing.T) {
	e := written(t, "a", "damaged", "b")
	path, whole := e.onlySegment()
	second, third := starts(whole)[1], starts(whole)[2]
	places := []int{second, second + lengthAt, second + lengthAt + 3, second + sequenceAt, second + timeAt, second + checksumAt, second + headerSize, third - 1}
	for _, at := range places {
		t.Run(fmt.Sprintf("byte %d", at-second), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bad := bytes.Clone(whole)
				bad[at] ^= 0x10
				rewrite(t, path, bad)
				e.t, e.temporal.taken = t, nil
				e.start()
				e.drained()
				e.want("OUT", "a", "b")
				if e.metric("damaged") != 1 || e.metric("torn_total") != 0 || e.log.lines("is damaged and was set aside") != 1 {
					t.Errorf("damaged %v, torn %v", e.metric("damaged"), e.metric("torn_total"))
				}
				e.end()
				e.start()
				if e.metric("damaged") != 1 {
					t.Error("forgotten at the next start")
				}
				e.end()
				for name := range e.files(damagedSuffix) {
					kept, err := os.ReadFile(filepath.Join(e.dir, name))
					if err != nil || !bytes.Equal(kept, bad[second:third]) {
						t.Errorf("set aside: %q, %v", kept, err)
					}
					if err := os.Remove(filepath.Join(e.dir, name)); err != nil {
						t.Fatal(err)
					}
				}
			})
		})
	}
}

// The end of a segment that another follows was synced, so damage there is not an append that
// was cut off.
func TestTheEndOfAFinishedSegmentIsNotTorn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := written(t, "a", "damaged")
		path, whole := e.onlySegment()
		e.temporal.setRefuse(down)
		e.open()
		e.mustAccept("OUT", "b")
		e.die()
		e.temporal.setRefuse(nil)
		rewrite(t, path, whole[:len(whole)-1])
		e.start()
		e.drained()
		e.want("OUT", "a", "b")
		if e.metric("damaged") != 1 || e.metric("torn_total") != 0 {
			t.Errorf("damaged %v, torn %v", e.metric("damaged"), e.metric("torn_total"))
		}
		e.end()
	})
}

// What is damaged while the process runs is found when it is read back.
func TestDamageWhileItRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		e.open()
		e.mustAccept("OUT", "a", "damaged", "b")
		path, data := e.onlySegment()
		data[starts(data)[1]+headerSize+5] ^= 1
		rewrite(t, path, data)
		e.run()
		e.drained()
		e.want("OUT", "a", "b")
		if e.metric("damaged") != 1 || len(e.files(damagedSuffix)) != 1 {
			t.Errorf("damaged %v, files %v", e.metric("damaged"), e.files(damagedSuffix))
		}
		e.end()
	})
}

// A record whose checksum holds and that is not a message, such as one of a later version, is
// set aside like a damaged one.
func TestARecordThatIsNotAMessageIsSetAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := written(t, "a")
		path, whole := e.onlySegment()
		rewrite(t, path, appendRecord(whole, 1<<62, time.Now(), []byte("no message")))
		e.start()
		e.drained()
		e.want("OUT", "a")
		if e.metric("damaged") != 1 {
			t.Errorf("damaged %v", e.metric("damaged"))
		}
		e.end()
	})
}

// An unknown state counts as waiting, because to dispatch once more is harmless.
func TestAnUnknownStateIsDispatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := written(t, "a")
		path, whole := e.onlySegment()
		whole[stateAt] = 0x77
		rewrite(t, path, whole)
		e.start()
		e.drained()
		e.want("OUT", "a")
		e.end()
	})
}

func TestTwoProcessesDoNotShareADirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "journal")
	open := func() (*Journal, error) {
		metrics, err := NewMetrics(prometheus.NewRegistry())
		if err != nil {
			t.Fatal(err)
		}
		j := New(Config{
			Dir: dir, MaxMessages: 10, MaxBytes: 1 << 20, MaxAge: time.Hour, Workers: 1,
			Dispatcher: &temporal{}, Metrics: metrics, Log: slog.New(slog.DiscardHandler), Now: time.Now,
		})
		return j, j.Open()
	}
	first, err := open()
	if err != nil {
		t.Fatal(err)
	}
	second, err := open()
	if !errors.Is(err, ErrInUse) {
		t.Errorf("a second process: %v", err)
	}
	if _, err := second.Accept(t.Context(), message1("OUT", "a")); !errors.Is(err, ErrClosed) {
		t.Errorf("a journal that is not open accepts: %v", err)
	}
	if err := second.Check(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("a journal that is not open is ready: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	third, err := open()
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	if err := third.Close(); err != nil {
		t.Fatal(err)
	}
}

// Whatever is in a segment, reading it ends, and every whole record that nothing overlaps is
// found.
func FuzzScan(f *testing.F) {
	payload, err := json.Marshal(message1("OUT", "a"))
	if err != nil {
		f.Fatal(err)
	}
	good := appendRecord(nil, 7, time.Unix(1, 2), payload)
	f.Add([]byte{}, []byte{}, uint16(0))
	f.Add([]byte("junk"), good[:40], uint16(3))
	f.Add(good, []byte(recordMagic), uint16(50))
	f.Add([]byte(recordMagic+"\xff\xff\xff\x7f"), good, uint16(4))
	f.Fuzz(func(t *testing.T, before, after []byte, flip uint16) {
		if len(before) > 0 {
			before = bytes.Clone(before)
			before[int(flip)%len(before)] ^= 1
		}
		data := append(append(bytes.Clone(before), good...), after...)
		at, covered, found := 0, 0, false
		damages := scan(data, func(place int, r record) {
			if place < at {
				t.Fatalf("a record at %d, after %d", place, at)
			}
			at = place + headerSize + len(r.payload)
			covered += headerSize + len(r.payload)
			found = found || place == len(before) && r.sequence == 7 && bytes.Equal(r.payload, payload) && r.at.Equal(time.Unix(1, 2))
		})
		for i, d := range damages {
			covered += d.to - d.from
			if d.torn != (d.to == len(data)) || d.torn && i != len(damages)-1 {
				t.Fatalf("damages %+v of %d bytes", damages, len(data))
			}
		}
		if covered != len(data) {
			t.Fatalf("%d of %d bytes are accounted for", covered, len(data))
		}
		if !found {
			t.Fatal("the whole record was not found")
		}
	})
}

func TestWhatIsWrittenIsWhatTemporalWouldGet(t *testing.T) {
	e := newEnv(t)
	e.temporal.setRefuse(down)
	e.open()
	n := message1("OUT", "a")
	n.Evidence.Token = &order.Token{Sealed: "sealed:token", Fingerprint: "f"}
	if _, err := e.accept(n); err != nil {
		t.Fatal(err)
	}
	_, data := e.onlySegment()
	want, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	if r, _, ok := readRecord(data); !ok || !bytes.Equal(r.payload, want) {
		t.Errorf("written: %s", data)
	}
	e.die()
}
