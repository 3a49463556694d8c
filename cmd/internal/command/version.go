package command

import (
	"cmp"
	"runtime/debug"
	"time"

	"github.com/alecthomas/kong"
)

// version is set by the linker where a build has no version control to ask, such as
// in a container: -ldflags "-X miniflow/cmd/internal/command.version=v0.1.0".
var version string

// Build is what a person has to name in a report of a mistake: the version, and whether files
// differed from it.
type Build struct {
	Program  string `json:"program"`
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"` // of the version control
	Time     string `json:"time,omitempty"`     // of that revision
	Modified bool   `json:"modified"`           // files differed from that revision
	Go       string `json:"go"`
}

// build reads what the Go toolchain has stamped into the program. A build from a checkout has
// the revision, one by `go install` the module's version; a linker's version comes before both.
func build(program string) Build {
	b := Build{Program: program, Version: version}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Go, b.Version = info.GoVersion, cmp.Or(b.Version, info.Main.Version)
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			b.Revision = setting.Value
		case "vcs.time":
			b.Time = setting.Value
		case "vcs.modified":
			b.Modified = setting.Value == "true"
		}
	}
	return b
}

// VersionCommand prints the version, as --version does. It is there for programs whose other
// questions are commands too.
type VersionCommand struct{}

// Run prints what --version prints, so that scripts may use either.
func (VersionCommand) Run(env *Env) error { return env.showVersion() }

// showVersion prints the version on its first line, where scripts look for it.
func (e *Env) showVersion() error {
	b := build(e.program)
	return e.Show(b, func(p *Page) {
		p.Line("%s %s", b.Program, b.Version)
		// A revision with changed files is no revision that somebody else can check out.
		revision := b.Revision
		if b.Modified {
			revision = p.Sayf("%s, modified", revision)
		}
		p.Item("revision", revision)
		if at, err := time.Parse(time.RFC3339, b.Time); err == nil {
			p.Item("of", at.UTC().Format(time.DateTime)+" UTC")
		}
		p.Item("built by", b.Go)
	})
}

// VersionFlag is --version, which has to work where no command was named and the command line
// is not whole.
type VersionFlag struct {
	ShowVersion versionFlag `name:"version" help:"Print the version and exit."`
}

type versionFlag bool

// BeforeApply prints the version and ends the program before kong can miss a command, and
// after --output has its value.
func (versionFlag) BeforeApply(line *kong.Context, env *Env) error {
	env.JSON, env.Language = asksForJSON(line), languageOf(line, env)
	if err := env.showVersion(); err != nil {
		return err
	}
	// Through kong's exit and not os.Exit, so that a test goes on.
	line.Exit(ExitOK)
	return nil
}
