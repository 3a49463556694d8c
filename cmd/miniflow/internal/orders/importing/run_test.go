package importing

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"miniflow/cmd/internal/command"
)

// imported runs an import of n rows against a handler, without pauses between tries.
func imported(t *testing.T, file string, answer http.HandlerFunc, more ...string) (code int, output string) {
	t.Helper()
	before := pauses
	pauses = []time.Duration{time.Millisecond}
	t.Cleanup(func() { pauses = before })
	server := httptest.NewServer(answer)
	defer server.Close()
	var line struct {
		Import Command `cmd:""`
	}
	var out bytes.Buffer
	code = command.Run(t.Context(), command.Program{Name: "test", Line: &line}, append([]string{"import", file, "--api", server.URL}, more...), &command.Env{
		Getenv: func(string) string { return "" }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Now: time.Now,
	})
	return code, out.String()
}

func table(t *testing.T, n int) string {
	t.Helper()
	text := "app_id,out_order_no,kind,mini_app_id,policy.upload,policy.submit\n"
	for i := range n {
		text += "2021,no-" + string(rune('a'+i)) + ",release,2021,external,external\n"
	}
	file := filepath.Join(t.TempDir(), "table.csv")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestWhatNobodyAnsweredIsTriedAgain has a Miniflow that is away for a moment, for one order, and
// for good.
func TestWhatNobodyAnsweredIsTriedAgain(t *testing.T) {
	posts := 0
	handler := func(answers ...int) http.HandlerFunc {
		posts = 0
		return func(w http.ResponseWriter, _ *http.Request) {
			status := answers[min(posts, len(answers)-1)]
			posts++
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"detail":"later"}`))
		}
	}
	if code, out := imported(t, table(t, 4), handler(503, 201)); code != command.ExitOK || !strings.Contains(out, "4 started") || posts != 5 {
		t.Errorf("after a moment: %d posts, %d %s", posts, code, out)
	}
	file := table(t, 4)
	if code, out := imported(t, file, handler(503, 503, 201)); code != command.ExitFailed || !strings.Contains(out, "3 started") || !strings.Contains(out, "1 failed") {
		t.Errorf("one order: %d %s", code, out)
	}
	if code, out := imported(t, file, handler(200)); code != command.ExitOK || !strings.Contains(out, "1 existed, 3 done before") || posts != 1 {
		t.Errorf("the next run: %d posts, %d %s", posts, code, out)
	}
	if code, out := imported(t, table(t, 9), handler(503)); code != command.ExitUsage || !strings.Contains(out, "3 failed, 6 left") || posts != 6 {
		t.Errorf("for good: %d posts, %d %s", posts, code, out)
	}
}

func TestResultsThatAreNone(t *testing.T) {
	file := table(t, 1)
	for _, content := range []string{"name,of,another\nfile,is,here\n", "id,out_order_no,state\n1,no-a,started\n", "row,out_order_no,state\nx,no-a,started\n"} {
		if err := os.WriteFile(file+".results.csv", []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out := imported(t, file, func(http.ResponseWriter, *http.Request) { t.Error("something was sent") })
		if kept, _ := os.ReadFile(file + ".results.csv"); code != command.ExitUsage || !strings.Contains(out, "move it away") || string(kept) != content {
			t.Errorf("%d %s %q", code, out, kept)
		}
	}
}

// TestARecordStaysOnItsLine has others' text, which could otherwise tear the file or be a formula.
func TestARecordStaysOnItsLine(t *testing.T) {
	got := Record{Row: 1, Key: "no", State: StateRefused, Message: "=1+1\nand\x1b more", Cell: "A1"}.line()
	if got != "1,no,refused,'=1+1 and\ufffd more,A1,\n" {
		t.Errorf("%q", got)
	}
	if got := (Record{Row: 2, Key: "=cmd|'/c calc'!A1\nb", State: StateRefused}).line(); got != "2,'=cmd|'/c calc'!A1 b,refused,,,\n" {
		t.Errorf("a number that is none: %q", got)
	}
	path := filepath.Join(t.TempDir(), "results.csv")
	b, err := openBook(path, "out_order_no")
	if err == nil {
		err = b.Write(Record{Row: 3, Key: "-1", State: StateStarted})
	}
	if err != nil {
		t.Fatal(err)
	}
	if again, err := openBook(path, "out_order_no"); err != nil || again.byKey["-1"].Row != 3 {
		t.Errorf("a number that begins as a formula does is not found again: %v %v", err, again.byKey)
	}
}

// TestEveryRecordIsOnTheDisk tears the results at every byte: what is whole is read, and the
// torn line is gone.
func TestEveryRecordIsOnTheDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.csv")
	b, err := openBook(path, "out_order_no")
	if err != nil {
		t.Fatal(err)
	}
	for i, number := range []string{"a", "b", "c"} {
		if err := b.Write(Record{Row: i + 2, Key: number, State: StateStarted, Message: "好"}); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range whole {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		again, err := openBook(path, "out_order_no")
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if want := max(0, bytes.Count(whole[:cut], []byte("\n"))-1); len(again.byKey) != want {
			t.Errorf("cut at %d: %d records, want %d", cut, len(again.byKey), want)
		}
		if err := again.Write(Record{Row: 9, Key: "z", State: StateStarted}); err != nil {
			t.Fatal(err)
		}
		if last, err := openBook(path, "out_order_no"); err != nil || last.byKey["z"].Row != 9 {
			t.Errorf("cut at %d: what was written behind is lost: %v", cut, err)
		}
	}
}

// TestTwoAppsMayHaveOneNumber and each row is found again as done.
func TestTwoAppsMayHaveOneNumber(t *testing.T) {
	file := filepath.Join(t.TempDir(), "table.csv")
	text := "app_id,out_order_no,kind,mini_app_id,policy.upload,policy.submit\n2021,no,release,1,external,external\n2022,no,release,2,external,external\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	created := func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte("{}"))
	}
	for _, want := range []string{"2 started, 0 existed, 0 done before", "0 started, 0 existed, 2 done before"} {
		if code, out := imported(t, file, created); code != command.ExitOK || !strings.Contains(out, want) {
			t.Errorf("%d %s, want %s", code, out, want)
		}
	}
}

// TestResultsThatCanNotBeWrittenAnew: what was done is told, and stands in them line by line.
func TestResultsThatCanNotBeWrittenAnew(t *testing.T) {
	file, folder := table(t, 3), t.TempDir()
	results := filepath.Join(folder, "results.csv")
	created := func(w http.ResponseWriter, _ *http.Request) {
		// The file is open, so its lines are written; nothing can be put in its place any more.
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte("{}"))
	}
	code, out := imported(t, file, created, "--results", results)
	if code != command.ExitUsage || !strings.Contains(out, "3 started") || !strings.Contains(out, "--results") {
		t.Errorf("%d %s", code, out)
	}
}
