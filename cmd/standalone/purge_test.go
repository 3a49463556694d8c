package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// The merchant who goes, and the one who stays.
const (
	goneRef, goneShop = "canary-merchant-41", "金丝雀面馆"
	goneEnded         = "canary-ended-1"
	goneRuns          = "canary-runs-2"
	staysRef          = "merchant-42"
	staysNo           = "stays-1"
)

// purging is a standalone beside which the operator's program runs, with a configuration of its own of
// the same places.
type purging struct {
	*standalone
	config string
}

func openPurging(t *testing.T) *purging {
	t.Helper()
	p := &purging{standalone: startStandalone(t, speed(1000), "--demo=false", "--well-behaved", "--log-level=debug")}
	p.config = filepath.Join(t.TempDir(), "miniflow.yaml")
	text := fmt.Sprintf(`apps:
  - app_id: %q
    endpoint: %s/gateway.do
    private_key_file: %s
    alipay_public_keys:
      - key_file: %s
api_keys:
  - name: operator
    key: "sha256:%s"
    apps: ["*"]
    scopes: [read]
sealing:
  keys:
    - id: standalone
      key_file: %s
files:
  store: {folder: %s}
archive: {folder: %s}
audit: {dir: %s}
`, appID, p.at.Simulator, p.keyFile("app_private.pem"), p.keyFile("alipay_public.pem"), strings.Repeat("ab", 32),
		p.path("sealing-key"), p.path("files"), p.path("archive"), p.path("audit"))
	if err := os.WriteFile(p.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// run runs the operator's program and returns what it printed.
func (p *purging) run(want int, args ...string) string {
	p.t.Helper()
	command := p.miniflow(p.t.Context(), args...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	if code := command.ProcessState.ExitCode(); code != want {
		p.t.Fatalf("miniflow %v: exit code %d, %v\n%s\n%s", args, code, err, stdout.String(), stderr.String())
	}
	return stdout.String()
}

func (p *purging) miniflow(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, miniflow, args...) //nolint:gosec // the program that TestMain built
	command.Env = append(os.Environ(), "TEMPORAL_ADDRESS="+p.at.Temporal, "MINIFLOW_OUTPUT=json", "MINIFLOW_CONFIG="+p.config)
	return command
}

// order starts an order of a merchant.
func (p *purging) order(no, ref, shop string) {
	p.t.Helper()
	body := p.formal(no)
	body["merchant_ref"], body["shop_name"] = ref, shop
	p.place(body)
}

// purgedPlan is what the program says of a merchant in an app.
type purgedPlan struct {
	Orders       []string `json:"orders"`
	MiniPrograms []string `json:"mini_programs"`
	Messages     int      `json:"messages"`
	Files        int      `json:"files"`
	Archived     int      `json:"archived"`
	Before       int      `json:"purged_before"`
	Record       string   `json:"record"`
}

func (p *purging) plan(flags ...string) (plan purgedPlan) {
	p.t.Helper()
	out := p.run(0, append([]string{"purge", "--merchant-ref", goneRef, "--patience", "2s"}, flags...)...)
	if err := json.Unmarshal([]byte(out), &plan); err != nil {
		p.t.Fatalf("%s: %v", out, err)
	}
	return plan
}

// lives has two merchants: the one who goes has an order that has ended, with a file, archived, and
// one in the middle of its audit; the other has one in its audit. Messages of nobody's order are about
// both.
func (p *purging) lives() (goneMini, runsMini, staysMini string) {
	p.t.Helper()
	rule := prompt(0)
	rule.Audits = []alipaysim.AuditRule{{Result: "none"}}
	p.rules(rule)
	logo := p.handIn()
	body := p.formal(goneEnded)
	body["merchant_ref"], body["shop_name"] = goneRef, goneShop
	body["submission"].(map[string]any)["files"] = map[string]any{"app_logo": map[string]any{"sha256": logo}}
	p.place(body)
	p.order(goneRuns, goneRef, goneShop)
	p.order(staysNo, staysRef, "别家小店")
	goneMini = p.awaitStage(goneEnded, order.StageAuditing).MiniAppID
	runsMini = p.awaitStage(goneRuns, order.StageAuditing).MiniAppID
	staysMini = p.awaitStage(staysNo, order.StageAuditing).MiniAppID
	p.judges(goneMini, "pass")
	p.awaitStage(goneEnded, order.StageOnline)
	for _, mini := range []string{goneMini, staysMini} {
		p.push(map[string]any{"msg_method": "alipay.open.app.api.field.changed", "biz_content": map[string]any{"mini_app_id": mini}})
	}
	p.notes()
	p.run(0, "archive", "run")
	return goneMini, runsMini, staysMini
}

func (p *purging) handIn() string {
	p.t.Helper()
	logo, err := p.send(http.MethodGet, p.at.Simulator+"/sim/v1/files/logo.png", nil, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	answer, err := p.send(http.MethodPost, p.at.API+"/v1/files?app_id="+appID+"&field=submission.files.app_logo", nil, bytes.NewReader(logo.body))
	if err != nil {
		p.t.Fatal(err)
	}
	return decode[struct {
		SHA256 string `json:"sha256"`
	}](p.t, answer, http.StatusCreated).SHA256
}

// TestPurgedMerchantIsFoundNowhere: neither searches nor histories, exports, the archive, files, logs
// and metrics have a trace of the merchant, although the purge was killed once; the other merchant's
// order goes on to its end.
func TestPurgedMerchantIsFoundNowhere(t *testing.T) {
	t.Parallel()
	p := openPurging(t)
	goneMini, runsMini, staysMini := p.lives()
	plan := p.plan()
	if len(plan.Orders) != 2 || len(plan.MiniPrograms) != 2 || plan.Files != 1 || plan.Archived != 1 || plan.Before != 0 {
		t.Errorf("there is %+v", plan)
	}
	if view := p.view(goneRuns); view.Stage != order.StageAuditing {
		t.Errorf("a dry run has changed the order: it is at %s", view.Stage)
	}

	p.killedInAPurge()
	record := filepath.Join(t.TempDir(), "record.json")
	p.plan("--yes", "--record", record)
	gone := []string{goneRef, goneShop, goneEnded, goneRuns, goneMini, runsMini}
	p.wantNothingOf(gone...)
	p.wantNoPage(gone...)
	p.wantTheOthersNote()
	p.wantAuditLog()
	p.wantRecord(record)
	if left := p.plan(); len(left.Orders)+len(left.MiniPrograms)+left.Messages+left.Files+left.Archived != 0 || left.Before != 2 {
		t.Errorf("there is %+v", left)
	}

	for _, no := range []string{goneEnded, goneRuns} {
		if answer := p.api(http.MethodGet, "/v1/orders/"+appID+"/"+no, nil); answer.status != http.StatusNotFound {
			t.Errorf("%s: %s", no, answer)
		}
		if answer := p.api(http.MethodPost, "/v1/orders", p.formal(no)); answer.status != http.StatusConflict {
			t.Errorf("%s can begin again: %s", no, answer)
		}
	}
	p.reseals(staysMini)
	p.judges(staysMini, "pass")
	if view := p.awaitStage(staysNo, order.StageOnline); view.MerchantRef != staysRef || len(view.Timeline) < 5 {
		t.Errorf("the other merchant's order is %+v", view)
	}
}

// reseals says what is under another key than a new one, and has the other merchant's workflows seal
// anew: they go on in new runs, under the key that the process has.
func (p *purging) reseals(miniAppID string) {
	p.t.Helper()
	p.run(0, "keys", "reseal", "--check")
	text, err := os.ReadFile(p.config)
	if err != nil {
		p.t.Fatal(err)
	}
	rotated := &purging{standalone: p.standalone, config: p.config + ".rotated"}
	text = bytes.Replace(text, []byte("  keys:\n"), []byte("  keys:\n    - id: new\n      key: "+strings.Repeat("A", 42)+"E=\n"), 1)
	if err := os.WriteFile(rotated.config, text, 0o600); err != nil {
		p.t.Fatal(err)
	}
	out := rotated.run(1, "keys", "reseal", "--check")
	var report struct {
		Orders       map[string]int `json:"orders"`
		MiniPrograms map[string]int `json:"mini_programs"`
		Archived     int            `json:"archived"`
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || report.Orders["standalone"] != 1 || report.MiniPrograms["standalone"] != 1 || report.Archived != 1 {
		p.t.Errorf("the report says %s, %v", out, err)
	}
	temporal := p.temporal()
	for _, id := range []string{order.WorkflowID(appID, staysNo), order.MiniProgramWorkflowID(appID, miniAppID)} {
		before := temporal.described(id).GetExecution().GetRunId()
		if err := temporal.SignalWorkflow(p.t.Context(), id, "", order.ResealSignal, nil); err != nil {
			p.t.Fatal(err)
		}
		eventually(p.t, patience, id+" continues as new", func() error {
			if temporal.described(id).GetExecution().GetRunId() == before {
				return errNotYet
			}
			return nil
		})
	}
}

// killedInAPurge begins a purge and kills it at its first word about orders that are cancelled.
func (p *purging) killedInAPurge() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 4*time.Minute)
	defer cancel()
	command := p.miniflow(ctx, "purge", "--merchant-ref", goneRef, "--yes", "--patience", "10s", "--record", filepath.Join(p.t.TempDir(), "none"))
	said, err := command.StderrPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	var heard []byte
	for buffer := make([]byte, 1<<10); !bytes.Contains(heard, []byte("delete mini programs")); {
		n, err := said.Read(buffer)
		heard = append(heard, buffer[:n]...)
		if err != nil {
			p.t.Fatalf("it said %s: %v", heard, err)
		}
	}
	_ = command.Process.Kill()
	_ = command.Wait() // it was killed
}

// wantNothingOf looks for words wherever anything may have been left.
func (p *purging) wantNothingOf(words ...string) {
	p.t.Helper()
	places := p.haystacks()
	for _, dir := range []string{"archive", "files", "journal", "audit"} {
		place := haystack{name: dir}
		for _, file := range allFiles(p.t, p.path(dir)) {
			text, err := os.ReadFile(file)
			if err != nil {
				p.t.Fatal(err)
			}
			place.text = append(append(place.text, file...), text...)
		}
		places = append(places, place)
	}
	for _, place := range places {
		for _, word := range words {
			spelling := place.find(word)
			switch {
			case spelling == "":
			case strings.HasPrefix(place.name, "answers") || place.name == "events": // what the backend was told before
			case place.name == "Temporal's files": // SQLite keeps freed pages until they are used again; docs/operators.md says so
			case word != goneRef && word != goneShop && (place.name == "the log" || place.name == "the terminal"): // numbers are how a log is read
			default:
				p.t.Errorf("%s: %q, %s", place.name, word, spelling)
			}
		}
	}
}

func allFiles(t *testing.T, dir string) (files []string) {
	t.Helper()
	_ = filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			files = append(files, path)
		}
		return nil
	})
	return files
}

// wantRecord verifies a record, and that one which was changed does not verify, and names nobody.
func (p *purging) wantRecord(name string) {
	p.t.Helper()
	p.run(0, "purge", "verify", name)
	text, err := os.ReadFile(name)
	if err != nil {
		p.t.Fatal(err)
	}
	if bytes.Contains(text, []byte("canary")) || bytes.Contains(text, []byte(goneShop)) {
		p.t.Errorf("the record names the merchant: %s", text)
	}
	altered := name + ".altered"
	if err := os.WriteFile(altered, bytes.Replace(text, []byte(`"namespace": "default"`), []byte(`"namespace": "another"`), 1), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.run(1, "purge", "verify", altered)
}
