package audit_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"miniflow/internal/audit"
)

// world is a folder of logs and a clock.
type world struct {
	t   *testing.T
	dir string
	now time.Time
}

func newWorld(t *testing.T) *world {
	return &world{t: t, dir: filepath.Join(t.TempDir(), "audit"), now: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)}
}

func (w *world) open(keepDays int) *audit.Log {
	w.t.Helper()
	log, err := audit.Open(audit.Config{Dir: w.dir, KeepDays: keepDays, Now: func() time.Time { return w.now }})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = log.Close() }) // some tests close it themselves
	return log
}

func (w *world) append(log *audit.Log, merchants ...string) {
	w.t.Helper()
	for _, merchant := range merchants {
		err := log.Append(audit.Entry{Who: "operator-1", Role: "operator", Address: "192.0.2.7", Action: "withdraw", Outcome: audit.Done,
			Detail: audit.Detail{AppID: "2021", OutOrderNo: "A-" + merchant, MerchantRef: merchant, Before: &audit.State{Stage: "auditing", Sequence: 5}}})
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) files() []string {
	w.t.Helper()
	files, err := filepath.Glob(filepath.Join(w.dir, "*.jsonl"))
	if err != nil {
		w.t.Fatal(err)
	}
	return files
}

func (w *world) verify(expected ...string) audit.Report {
	w.t.Helper()
	report, err := audit.Verify([]string{w.dir}, expected...)
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

func (w *world) faults(expected ...string) []audit.Fault {
	w.t.Helper()
	var faults []audit.Fault
	for _, finding := range w.verify(expected...).Findings {
		faults = append(faults, finding.Fault)
	}
	return faults
}

// edit changes the lines of a file.
func (w *world) edit(path string, change func(lines [][]byte) [][]byte) {
	w.t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	lines := change(bytes.SplitAfter(text, []byte("\n")))
	if err := os.WriteFile(path, bytes.Join(lines, nil), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func TestAWholeLogHolds(t *testing.T) {
	w := newWorld(t)
	log := w.open(0)
	w.append(log, "m-1", "m-2", "m-3")
	head := log.Head()
	report := w.verify(head.Hash)
	if len(report.Findings) > 0 || len(report.Chains) != 1 || report.Chains[0].Entries != 4 || report.Chains[0].Head != head {
		t.Errorf("%+v, the head is %+v", report, head)
	}
	for _, path := range w.files() {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v %v", info.Mode(), err)
		}
	}
}

var hashOf = regexp.MustCompile(`,"hash":"([0-9a-f]{64})"`)

// rehashed gives a line the hash of what it says now, as a forger would, who needs no key for it.
func rehashed(t *testing.T, line []byte) []byte {
	t.Helper()
	at := hashOf.FindSubmatchIndex(line)
	if at == nil {
		t.Fatalf("%s has no hash", line)
	}
	return slices.Concat(line[:at[2]], fmt.Appendf(nil, "%x", sha256.Sum256(slices.Concat(line[:at[0]], []byte("}")))), line[at[3]:])
}

func TestTamperingIsFound(t *testing.T) {
	replace := func(line int, old, other string) func([][]byte) [][]byte {
		return func(lines [][]byte) [][]byte {
			changed := bytes.Replace(lines[line], []byte(old), []byte(other), 1)
			if bytes.Equal(changed, lines[line]) {
				t.Fatalf("%s is not in the line", old)
			}
			lines[line] = changed
			return lines
		}
	}
	for name, c := range map[string]struct {
		change func([][]byte) [][]byte
		fault  audit.Fault
	}{
		"who":       {replace(2, "operator-1", "operator-2"), audit.Altered},
		"detail":    {replace(2, "A-m-2", "A-m-9"), audit.Altered},
		"time":      {replace(2, "08:00:00Z", "08:00:01Z"), audit.Altered},
		"hash":      {replace(2, `"hash":"`, `"hash":"0`), audit.Altered},
		"a member":  {replace(2, `{"sequence"`, `{"extra":1,"sequence"`), audit.Altered},
		"a case":    {replace(2, `"who"`, `"Who"`), audit.Altered},
		"blanks":    {replace(2, `,"who"`, ` ,"who"`), audit.Altered},
		"removed":   {func(l [][]byte) [][]byte { return slices.Delete(l, 2, 3) }, audit.Broken},
		"the first": {func(l [][]byte) [][]byte { return l[1:] }, audit.Broken},
		"reordered": {func(l [][]byte) [][]byte { l[1], l[2] = l[2], l[1]; return l }, audit.Broken},
		"twice":     {func(l [][]byte) [][]byte { return slices.Insert(l, 2, l[2]) }, audit.Broken},
		"forged":    {func(l [][]byte) [][]byte { l[2] = rehashed(t, replace(2, "operator-1", "operator-2")(l)[2]); return l }, audit.Broken},
		"rechained": {func(l [][]byte) [][]byte {
			l[3] = rehashed(t, bytes.Replace(l[3], hashOf.FindSubmatch(l[2])[1], hashOf.FindSubmatch(l[1])[1], 1))
			return slices.Delete(l, 2, 3)
		}, audit.Broken},
		"headless": {func(l [][]byte) [][]byte { // what is left claims to be the beginning
			was := hashOf.FindSubmatch(l[2])[1]
			l[2] = rehashed(t, bytes.Replace(l[2], []byte(`"withdraw"`), []byte(`"audit.begin"`), 1))
			l[3] = rehashed(t, bytes.Replace(l[3], was, hashOf.FindSubmatch(l[2])[1], 1))
			return l[2:]
		}, audit.Broken},
		"not a line": {func(l [][]byte) [][]byte { return slices.Insert(l, 2, []byte("{}\n")) }, audit.Altered},
		"no detail": {func(l [][]byte) [][]byte {
			at := bytes.Index(l[2], []byte(`,"salt"`))
			l[2] = append(slices.Concat(l[2][:at], bytes.Repeat([]byte(" "), len(l[2])-at-2)), '}', '\n')
			return l
		}, audit.Unexplained},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.append(w.open(0), "m-1", "m-2", "m-3")
			w.edit(w.files()[0], c.change)
			if faults := w.faults(); !slices.Contains(faults, c.fault) {
				t.Errorf("found %v, want %s", faults, c.fault)
			}
		})
	}
}

// The end of the last file can be cut off, and only somebody who has noted the head finds it: another
// process, the next day's file, or a person.
func TestATailThatIsCutOff(t *testing.T) {
	cut := func(lines [][]byte) [][]byte { return lines[:len(lines)-2] }
	w := newWorld(t)
	log := w.open(0)
	w.append(log, "m-1", "m-2")
	head := log.Head()
	w.edit(w.files()[0], cut)
	if faults := w.faults(); faults != nil {
		t.Errorf("found without anything to hold it against: %v", faults)
	}
	if faults := w.faults(head.Hash); !slices.Equal(faults, []audit.Fault{audit.Unknown}) {
		t.Errorf("found %v", faults)
	}

	w = newWorld(t)
	w.append(w.open(0), "m-1", "m-2")
	w.now = w.now.Add(time.Hour)
	w.open(0) // another process anchors it
	w.edit(w.files()[0], cut)
	if faults := w.faults(); !slices.Equal(faults, []audit.Fault{audit.Cut}) {
		t.Errorf("found %v", faults)
	}
	if err := os.Remove(w.files()[0]); err != nil {
		t.Fatal(err)
	}
	if faults := w.faults(); !slices.Equal(faults, []audit.Fault{audit.Missing}) {
		t.Errorf("found %v", faults)
	}
}

func TestALineThatWasNotFinishedIsTold(t *testing.T) {
	w := newWorld(t)
	w.append(w.open(0), "m-1")
	w.edit(w.files()[0], func(lines [][]byte) [][]byte { return append(lines, []byte(`{"sequence":3,"at`)) })
	report := w.verify()
	if len(report.Findings) > 0 || !report.Chains[0].Unwhole {
		t.Errorf("%+v", report)
	}

	w = newWorld(t)
	log := w.open(0)
	w.append(log, "m-1")
	w.now = w.now.Add(24 * time.Hour)
	w.append(log, "m-2") // behind it nothing is written to the first file
	w.edit(w.files()[0], func(lines [][]byte) [][]byte { return append(lines, []byte(`{"sequence":3,"at`)) })
	if faults := w.faults(); !slices.Contains(faults, audit.Unwhole) {
		t.Errorf("found %v", faults)
	}
}

func TestEachDayHasAFileThatContinuesTheLast(t *testing.T) {
	w := newWorld(t)
	log := w.open(0)
	for range 3 {
		w.append(log, "m-1", "m-2")
		w.now = w.now.Add(24 * time.Hour)
	}
	w.now = w.now.Add(-48 * time.Hour) // a clock that goes back begins no file
	w.append(log, "m-3")
	if files := w.files(); len(files) != 3 {
		t.Fatal(files)
	}
	if report := w.verify(); len(report.Findings) > 0 || report.Chains[0].Entries != 10 {
		t.Errorf("%+v", report)
	}
	w.edit(w.files()[0], func(lines [][]byte) [][]byte { return lines[:len(lines)-2] })
	if faults := w.faults(); !slices.Contains(faults, audit.Broken) || !slices.Contains(faults, audit.Cut) {
		t.Errorf("found %v", faults)
	}
	middle := w.files()[1]
	if err := os.Remove(middle); err != nil {
		t.Fatal(err)
	}
	if faults := w.faults(); !slices.Contains(faults, audit.Missing) {
		t.Errorf("found %v", faults)
	}
}

func TestOldFilesGoAndTheChainHolds(t *testing.T) {
	w := newWorld(t)
	w.append(w.open(2), "m-0") // a process that has ended
	log := w.open(2)
	for range 6 {
		w.append(log, "m-1")
		w.now = w.now.Add(24 * time.Hour)
	}
	if files := w.files(); len(files) != 3 {
		t.Errorf("kept %v", files)
	}
	if report := w.verify(); len(report.Findings) > 0 {
		t.Errorf("%+v", report.Findings)
	}
}

func TestErasingKeepsTheChain(t *testing.T) {
	w := newWorld(t)
	log := w.open(0)
	w.append(log, "m-1", "m-2")
	w.now = w.now.Add(24 * time.Hour)
	w.append(log, "m-1")
	purge := w.open(0) // another process, while the first goes on
	mine := func(r audit.Record) bool { return r.Detail.MerchantRef == "m-1" }
	n, err := purge.Erase(audit.Entry{Who: "operator-1", Action: "purge", Outcome: audit.Done}, mine)
	if err != nil || n != 2 {
		t.Fatal(n, err)
	}
	w.append(log, "m-3")
	report := w.verify()
	if len(report.Findings) > 0 || report.Chains[0].Erased != 2 {
		t.Errorf("%+v", report)
	}
	for _, path := range w.files() {
		text, err := os.ReadFile(path)
		if err != nil || bytes.Contains(text, []byte("m-1")) {
			t.Errorf("%s still has it (%v)", path, err)
		}
	}
	if n, err := purge.Erase(audit.Entry{Who: "operator-1", Action: "purge", Outcome: audit.Done}, mine); n != 0 || err != nil {
		t.Error(n, err)
	}
	// Without its entry the erasure is a fault.
	w.edit(purgeFile(w), func(lines [][]byte) [][]byte { return lines[:1] })
	if faults := w.faults(); !slices.Equal(faults, []audit.Fault{audit.Unexplained, audit.Unexplained}) {
		t.Errorf("found %v", faults)
	}
}

// purgeFile is the file of the second process.
func purgeFile(w *world) string {
	for _, path := range w.files() {
		if text, _ := os.ReadFile(path); bytes.Contains(text, []byte(`"purge"`)) {
			return path
		}
	}
	w.t.Fatal("nobody has purged")
	return ""
}

func TestManyAppendAtOnce(t *testing.T) {
	w := newWorld(t)
	log := w.open(0)
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			for j := range 20 {
				if err := log.Append(audit.Entry{Who: "w", Action: "a", Outcome: audit.Done, Detail: audit.Detail{OutOrderNo: fmt.Sprint(i, "-", j)}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if report := w.verify(); len(report.Findings) > 0 || report.Chains[0].Entries != 321 {
		t.Errorf("%+v", report)
	}
}

func TestTheNewestComeFirstPageByPage(t *testing.T) {
	w := newWorld(t)
	log, other := w.open(0), w.open(0)
	for i := range 5 {
		w.append(log, fmt.Sprint("m-", i))
		w.append(other, fmt.Sprint("n-", i))
		w.now = w.now.Add(10 * time.Hour)
	}
	var seen []string
	query := audit.Query{Who: "operator-1", Limit: 3}
	for {
		page, err := log.Newest(query)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page {
			seen = append(seen, r.Detail.MerchantRef)
		}
		if len(page) < query.Limit {
			break
		}
		query.Before = &page[len(page)-1]
	}
	slices.Sort(seen)
	if got := strings.Join(seen, " "); got != "m-0 m-1 m-2 m-3 m-4 n-0 n-1 n-2 n-3 n-4" {
		t.Error(got)
	}
	page, err := log.Newest(audit.Query{Object: "A-m-2", Limit: 10})
	if err != nil || len(page) != 1 || page[0].Detail.MerchantRef != "m-2" {
		t.Errorf("%+v %v", page, err)
	}
	page, _ = log.Newest(audit.Query{Since: w.now.Add(-15 * time.Hour), Who: "operator-1", Limit: 10})
	if len(page) != 2 {
		t.Errorf("%+v", page)
	}
}

// What was refused may name anything: it is read back as it was written.
func TestWhateverIsNamedIsRecorded(t *testing.T) {
	w := newWorld(t)
	log := w.open(0)
	odd := "\xff\x00\"</script>\u2028" + strings.Repeat("长", 200)
	if err := log.Append(audit.Entry{Who: odd, Action: odd, Outcome: audit.Refused, Detail: audit.Detail{OutOrderNo: odd, Revealed: []string{odd}}}); err != nil {
		t.Fatal(err)
	}
	if report := w.verify(); len(report.Findings) > 0 || report.Chains[0].Entries != 2 {
		t.Errorf("%+v", report)
	}
}
