package journal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// faults is a disk that fails as it is told to.
type faults struct {
	mu     sync.Mutex
	fail   map[string]error // by operation: create, write, sync, truncate, remove
	short  int              // bytes that a failing write writes all the same
	counts map[string]int
	hang   chan struct{} // while it is open, syncs hang
	quick  bool          // nothing is synced, for tests of time alone
	takes  time.Duration // a quick sync
}

func (f *faults) over(d disk) disk { return &faultyDisk{disk: d, faults: f} }

func (f *faults) set(operation string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail == nil {
		f.fail = map[string]error{}
	}
	f.fail[operation] = err
}

func (f *faults) at(operation string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counts == nil {
		f.counts = map[string]int{}
	}
	f.counts[operation]++
	return f.fail[operation]
}

func (f *faults) count(operation string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counts[operation]
}

type faultyDisk struct {
	disk
	faults *faults
}

func (d *faultyDisk) create(name string) (file, error) {
	if err := d.faults.at("create"); err != nil {
		return nil, err
	}
	f, err := d.disk.create(name)
	return &faultyFile{f, d.faults}, err
}

func (d *faultyDisk) remove(name string) error {
	if err := d.faults.at("remove"); err != nil {
		return err
	}
	return d.disk.remove(name)
}

type faultyFile struct {
	file
	faults *faults
}

func (f *faultyFile) WriteAt(p []byte, offset int64) (int, error) {
	if err := f.faults.at("write"); err != nil {
		n, _ := f.file.WriteAt(p[:min(f.faults.short, len(p))], offset)
		return n, err
	}
	return f.file.WriteAt(p, offset)
}

func (f *faultyFile) Truncate(size int64) error {
	if err := f.faults.at("truncate"); err != nil {
		return err
	}
	return f.file.Truncate(size)
}

func (f *faultyFile) Sync() error {
	if f.faults.hang != nil {
		<-f.faults.hang
	}
	if err := f.faults.at("sync"); err != nil {
		return err
	}
	if f.faults.quick {
		<-time.After(f.faults.takes)
		return nil
	}
	return f.file.Sync()
}

// A disk that is full, read-only or broken: every message is refused, the process is not
// ready, and it resumes by itself. What was accepted before is not lost.
func TestADiskThatFails(t *testing.T) {
	for name, set := range map[string]func(f *faults, err error){
		"full at a new file": func(f *faults, err error) { f.set("create", err); f.set("write", err) },
		"full in a write":    func(f *faults, err error) { f.set("write", err) },
		"read-only": func(f *faults, err error) {
			for _, operation := range []string{"create", "write", "truncate", "remove"} {
				f.set(operation, err)
			}
		},
		"a sync that fails": func(f *faults, err error) { f.set("sync", err) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEnv(t)
				faults := &faults{short: 77}
				e.disk = faults.over
				e.temporal.setRefuse(down)
				e.start()
				e.mustAccept("OUT", "a")
				set(faults, syscall.ENOSPC)
				for _, id := range []string{"x", "y", "x"} {
					if _, err := e.accept(message1("OUT", id)); !errors.Is(err, syscall.ENOSPC) {
						t.Errorf("answered %v", err)
					}
				}
				if err := e.journal.Check(t.Context()); !errors.Is(err, ErrUnwell) {
					t.Errorf("readiness: %v", err)
				}
				<-time.After(2 * failureFor)
				if err := e.journal.Check(t.Context()); err != nil {
					t.Errorf("never ready again: %v", err)
				}
				set(faults, nil)
				e.mustAccept("OUT", "b", "x")
				if err := e.journal.Check(t.Context()); err != nil {
					t.Errorf("readiness: %v", err)
				}
				if faults.count("create") < 2 {
					t.Error("it went on in a file of which nobody knows what is on the disk")
				}
				if lines := e.log.lines("can't write"); lines != 1 {
					t.Errorf("%d lines in the log", lines)
				}
				e.die()
				e.stop()
				<-e.ended //nolint:errcheck // its files are closed already
				e.temporal.setRefuse(nil)
				e.start()
				e.drained()
				e.want("OUT", "a", "b", "x")
				e.end()
			})
		})
	}
}

// Where nothing can be marked or removed, messages are dispatched all the same.
func TestAReadOnlyDiskStopsNoDispatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		faults := &faults{}
		e.disk = faults.over
		e.open()
		e.mustAccept("OUT", ids(5)...)
		for _, operation := range []string{"create", "write", "truncate", "remove"} {
			faults.set(operation, syscall.EROFS)
		}
		e.run()
		e.drained()
		e.want("OUT", ids(5)...)
		e.end()
	})
}

// Space is given back: a message that can't be dispatched keeps its own segment alone.
func TestSpaceIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		e.config.MaxMessages = 1 << 20
		e.temporal.setRefuse(down)
		e.start()
		large := strings.Repeat("x", 100_000)
		for i, id := range ids(200) {
			n := message1("OUT", id)
			if n.Content = "sealed " + "x"; i%2 == 0 {
				n.Name = large
			}
			if i == 60 {
				n.OutOrderNo = "STUCK"
			}
			if _, err := e.accept(n); err != nil {
				t.Fatal(err)
			}
		}
		if files := e.files(segmentSuffix); len(files) < 3 {
			t.Fatalf("segments: %v", files)
		}
		e.temporal.setRefuse(nil)
		e.temporal.setRefuse(stuck)
		for len(e.temporal.all("OUT")) < 199 {
			<-time.After(time.Millisecond)
		}
		<-time.After(2 * tidyEvery)
		nonEmpty := 0
		for _, size := range e.files(segmentSuffix) {
			if size > 0 {
				nonEmpty++
			}
		}
		if nonEmpty != 1 || e.metric("bytes") > 2*segmentBytes {
			t.Errorf("left: %v", e.files(segmentSuffix))
		}
		e.temporal.setRefuse(nil)
		e.drained()
		<-time.After(2 * tidyEvery)
		for name, size := range e.files(segmentSuffix) {
			if size > 0 {
				t.Errorf("%s has %d bytes", name, size)
			}
		}
		if e.metric("bytes") != 0 {
			t.Errorf("%v bytes are counted", e.metric("bytes"))
		}
		e.end()
	})
}

// On a file system that is really full. It needs one that this process may mount; elsewhere
// the injected faults above stand for it.
func TestTheOperatingSystemsOwnFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := mountSmall(dir); err != nil {
		t.Logf("no small file system here: %v", err)
		return
	}
	t.Cleanup(func() { _ = unmount(dir) })
	e := newEnv(t)
	e.dir = filepath.Join(dir, "journal")
	e.temporal.setRefuse(down)
	e.config.MaxMessages = 1 << 20
	e.start()
	n := message1("OUT", "")
	n.Name = strings.Repeat("x", 10_000)
	accepted := 0
	for _, id := range ids(1000) {
		n.NotifyID = id
		if _, err := e.accept(n); err != nil {
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			break
		}
		accepted++
	}
	if accepted == 0 || accepted == 1000 {
		t.Fatalf("%d messages fit", accepted)
	}
	e.temporal.setRefuse(nil)
	deadline := time.Now().Add(30 * time.Second)
	for {
		n.NotifyID = "after"
		if _, err := e.accept(n); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it does not resume")
		}
		<-time.After(10 * time.Millisecond)
	}
	e.end()
	if got := len(e.temporal.all("OUT")); got != accepted+1 {
		t.Errorf("%d of %d arrived", got, accepted+1)
	}
	if _, err := os.Stat(e.dir); err != nil {
		t.Error(err)
	}
}
