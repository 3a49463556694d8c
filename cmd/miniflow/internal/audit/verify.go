package audit

import (
	"errors"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/internal/audit"
)

type verify struct {
	Paths  []string `arg:"" optional:"" name:"path" help:"The folder of audit.dir, or files of it, which are held against one another alone." type:"path" env:"MINIFLOW_AUDIT_DIR"`
	Expect []string `help:"A hash that was noted before, of any line; it has to be there." placeholder:"HASH"`
}

// Run verifies; a fault ends with exit code 1.
func (c *verify) Run(env *command.Env) error {
	if len(c.Paths) == 0 {
		return command.Usagef("name the folder of the audit log, which audit.dir of the configuration says")
	}
	report, err := audit.Verify(c.Paths, c.Expect...)
	if err != nil {
		return err
	}
	shown := verified{OK: len(report.Findings) == 0, Report: report}
	err = env.Show(shown, shown.print)
	if !shown.OK {
		return errors.Join(err, command.ErrNo)
	}
	return err
}

type verified struct {
	OK bool `json:"ok"`
	audit.Report
}

func (v verified) print(p *command.Page) {
	for _, chain := range v.Chains {
		p.Line("%s: %d files, %d entries (%d erased), %s – %s", chain.Chain, chain.Files, chain.Entries, chain.Erased,
			chain.First.Local().Format(time.DateTime), chain.Last.Local().Format(time.DateTime))
		p.Item("head", chain.Head.Hash)
		if chain.Unwhole {
			p.Line("  %s", p.Warn(p.Sayf("its last line is not whole: the process ended while it wrote, or somebody has cut there")))
		}
	}
	for _, finding := range v.Findings {
		p.Line("%s %s", p.Bad("✗"), sayFault(p, finding))
	}
	switch {
	case len(v.Chains) == 0:
		p.Line("there is no audit log here")
	case v.OK:
		p.Line("%s: every line is as it was written. What was cut off the end of a chain's last file before another process or day began, only a hash shows that was noted elsewhere: --expect", p.Good(p.Sayf("yes")))
	}
}

func sayFault(p *command.Page, f audit.Finding) string {
	file := command.Clean(f.File)
	switch f.Fault {
	case audit.Altered:
		return p.Sayf("%s, line %d: it is not as it was written", file, f.Line)
	case audit.Broken:
		return p.Sayf("%s, line %d: it does not follow the line before it: one was removed, moved or added", file, f.Line)
	case audit.Unexplained:
		return p.Sayf("%s, line %d: what it was about is gone, and no entry says that it was erased", file, f.Line)
	case audit.Cut:
		return p.Sayf("%s: the entry %d, which %s refers to, is not there: its end was cut off, or written anew", file, f.Sequence, command.Clean(f.By))
	case audit.Missing:
		return p.Sayf("%s: the file is missing, which %s refers to, and no entry says that it was removed", file, command.Clean(f.By))
	case audit.Unwhole:
		return p.Sayf("%s, line %d: it is not whole, though another file follows", file, f.Line)
	case audit.Unknown:
		return p.Sayf("no line has the hash %s: what it was noted of was cut off, or written anew", command.Clean(f.Hash))
	}
	return string(f.Fault)
}
