package audit

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/commandtest"
	"miniflow/internal/audit"
)

func newProgram(t *testing.T) *commandtest.Program {
	t.Helper()
	return commandtest.New(t, func() command.Program {
		return command.Program{Name: "miniflow", Line: &struct {
			command.Flags
			command.LanguageFlag
			Audit Command `cmd:""`
		}{}}
	})
}

// aLog has one refusal and one command, and returns its folder and its head.
func aLog(t *testing.T) (string, audit.Mark) {
	t.Helper()
	dir := t.TempDir()
	log, err := audit.Open(audit.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range []audit.Entry{
		{Who: "viewer-1", Role: "viewer", Action: "cancel", Outcome: audit.Refused, Problem: "role-forbidden", Detail: audit.Detail{OutOrderNo: "A-1"}},
		{Who: "backend", Actor: "ann", Action: "withdraw", Outcome: audit.Done, Detail: audit.Detail{OutOrderNo: "A-2", MerchantRef: "shop-7",
			Before: &audit.State{Stage: "auditing"}, After: &audit.State{Stage: "submitting", Hold: "needs_input"}}},
	} {
		if err := log.Append(entry); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, log.Head()
}

func TestAuditList(t *testing.T) {
	p := newProgram(t)
	dir, _ := aLog(t)
	all := p.Run("audit", "list", dir, "--output", "text")
	p.Says(all, command.ExitOK, "ann (backend)", "auditing → submitting/needs_input", "viewer-1 (viewer)", "role-forbidden")
	one := p.Run("audit", "list", dir, "--who", "ann", "--output", "json")
	p.Says(one, command.ExitOK, `"merchant_ref": "shop-7"`, `"stage": "submitting"`)
	if strings.Contains(one.Stdout, "viewer-1") {
		t.Error(one.Stdout)
	}
	p.Says(p.Run("audit", "list", dir, "--object", "A-9", "--output", "text"), command.ExitOK, "nothing is recorded")
	p.Says(p.Run("audit", "list"), command.ExitUsage, "audit.dir")
	p.Says(p.Run("audit", "list", dir, "--limit", "0"), command.ExitUsage, "--limit")
}

func TestAuditVerify(t *testing.T) {
	p := newProgram(t)
	dir, head := aLog(t)
	p.Says(p.Run("audit", "verify", dir, "--expect", head.Hash, "--output", "text"), command.ExitOK, "1 files, 3 entries", head.Hash, "every line is as it was written")
	p.Says(p.Run("audit", "verify", dir, "--expect", "ab", "--output", "text"), command.ExitFailed, "no line has the hash ab")
	path := filepath.Join(dir, head.File)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(text, []byte("A-1"), []byte("A-7"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Says(p.Run("audit", "verify", dir, "--output", "text"), command.ExitFailed, head.File+", line 2: it is not as it was written")
	p.Says(p.Run("audit", "verify", path, "--output", "json"), command.ExitFailed, `"fault": "altered"`)
	p.Says(p.Run("audit", "verify", dir, "--lang", "zh-CN", "--output", "text"), command.ExitFailed, "第 2 行：与写入时不一致")
	p.Says(p.Run("audit", "verify", filepath.Join(dir, "gone")), command.ExitFailed, "gone")
	p.Says(p.Run("audit", "verify", t.TempDir(), "--output", "text"), command.ExitOK, "there is no audit log here")
}
