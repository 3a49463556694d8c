package main

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"miniflow/cmd/internal/command"
	"miniflow/order"
)

// fitting returns what the program says may stand at the cursor behind words.
func (p *tested) fitting(words ...string) (kind string, found []string) {
	p.T.Helper()
	lines := strings.Split(strings.TrimSuffix(p.Must(append([]string{"__complete"}, words...)...), "\n"), "\n")
	for _, line := range lines[1:] {
		text, _, _ := strings.Cut(line, "\t")
		found = append(found, text)
	}
	return lines[0], found
}

// TestCompletionKnowsWhatTheParserKnows goes through the places of a command line. The last word
// is the one at the cursor, behind a mark.
func TestCompletionKnowsWhatTheParserKnows(t *testing.T) {
	p := newProgram(t)
	for line, want := range map[string]string{
		"=web":                                         "words webhooks",
		"orders =ca":                                   "words cancel",
		"orders --output json =ca":                     "words cancel",
		"orders list --stage =aud":                     "words auditing audit_rejected",
		"orders list --stage = =aud":                   "words auditing audit_rejected", // as bash breaks it
		"orders list --stage ==":                       "words " + strings.Join(texts(order.Stages()), " "),
		"orders list =--stage=aud":                     "words --stage=auditing --stage=audit_rejected",
		"orders list --stage auditing --hold =needs_i": "words needs_input",
		"orders list --kind =":                         "words formal trial release",
		"orders list --attention --execution =p":       "words paused",
		"orders list =--sh":                            "words --shop-name",
		"deliveries list --state =j":                   "words journaled",
		"deliveries list =--api-key":                   "words --api-key-file",
		"orders decide-base-pass 2021/x =":             "words go_online resubmit",
		"orders decide-base-pass =":                    "words", // the order's own name
		"orders import =":                              "files",
		"orders get -- =--":                            "words",
		"verify --cert =":                              "files",
		"keys inspect a.pem b.pem =":                   "files",
		"keys generate --bits =":                       "words 2048 3072 4096",
		"-o =":                                         "words text json",
		"orders list --nothing =":                      "words",
		"nothing =":                                    "words " + strings.Join(p.visible(), " "),
		"completion =":                                 "words bash zsh fish powershell",
	} {
		kind, found := p.fitting(strings.Fields(line)...)
		if got := strings.Join(append([]string{kind}, found...), " "); got != want {
			t.Errorf("%q: %s\nwant %s", line, got, want)
		}
	}
	for _, hidden := range []string{"__complete", "bench-worker"} {
		if slices.Contains(p.visible(), hidden) {
			t.Errorf("%s is offered", hidden)
		}
	}
}

func (p *tested) visible() []string {
	_, found := p.fitting("=")
	return found
}

// shells are those whose script is run, each with a harness that prints what it offers for the words
// in $@, of which the last is at the cursor. zsh's own widgets need a terminal, so what they are given
// is printed.
var shells = map[string]string{
	"bash": `source <(miniflow completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _miniflow; printf '%s\n' "${COMPREPLY[@]}"`,
	"zsh": `compdef() { }; source <(miniflow completion zsh); _describe() { print -rl -- "${(@)${(@P)2}%%:*}" }; _files() { print -rl -- ${PREFIX}*(N) }; compset() { PREFIX=${PREFIX#*=} }
words=("$@"); CURRENT=$#; PREFIX=${words[CURRENT]}; _miniflow`,
	"fish": `miniflow completion fish | source; complete -C (string join ' ' -- $argv)`,
}

// TestShellsCompleteByTheirScripts has the shells of this machine offer commands, flags, values and
// files.
func TestShellsCompleteByTheirScripts(t *testing.T) {
	p := newProgram(t)
	bin := t.TempDir()
	run(t, "go", "build", "-o", filepath.Join(bin, "miniflow"), ".")
	p.Write("merchants of May.csv", "")
	for _, shell := range slices.Sorted(maps.Keys(shells)) {
		t.Run(shell, func(t *testing.T) {
			path, err := exec.LookPath(shell)
			if err != nil && shell != "bash" {
				t.Skip("needs " + shell + ": install the package " + shell)
			}
			for line, want := range map[string]string{
				"miniflow deli":                         "deliveries",
				"miniflow orders beg":                   "begin-again",
				"miniflow orders list --mer":            "--merchant-ref",
				"miniflow orders list --hold needs_inp": "needs_input",
				"miniflow deliveries list --state ":     strings.Join(append(texts(order.Dispositions()), "journaled"), "\n"),
				"miniflow orders import merch":          "merchants of May.csv",
			} {
				args := strings.Split(line, " ")
				harness := []string{"-c", shells[shell], "-"}
				if shell == "fish" {
					harness = harness[:2]
				}
				asked := exec.CommandContext(t.Context(), path, append(harness, args...)...) //nolint:gosec // the shell that was found
				asked.Dir, asked.Env = p.Dir, append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "HOME="+p.Dir)
				out, err := asked.CombinedOutput()
				if err != nil {
					t.Errorf("%s: %v", line, err)
				}
				got := offered(string(out))
				wanted := offered(want)
				if !slices.Equal(got, wanted) {
					t.Errorf("%s: %q, want %q", line, got, wanted)
				}
			}
		})
	}
}

// offered are the words of a list without what they mean, in an order that every shell could have.
func offered(text string) (found []string) {
	for line := range strings.Lines(text) {
		one, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if one = strings.ReplaceAll(one, `\`, ""); one != "" {
			found = append(found, one)
		}
	}
	slices.Sort(found)
	return found
}

// TestScriptsAreWellFormed asks the shells for their syntax. No test machine has PowerShell, so its
// brackets are counted.
func TestScriptsAreWellFormed(t *testing.T) {
	p := newProgram(t)
	p.Says(p.Run("completion", "tcsh"), command.ExitUsage, "bash", "powershell")
	p.Says(p.Run("completion"), command.ExitUsage, "shell")
	script := p.Must("completion", "powershell")
	for _, pair := range []string{"{}", "()", "[]"} {
		if strings.Count(script, pair[:1]) != strings.Count(script, pair[1:]) || !strings.Contains(script, "Register-ArgumentCompleter -Native") {
			t.Errorf("%s are not balanced", pair)
		}
	}
}

// TestHelpIsACommandToo: most programs are asked like this.
func TestHelpIsACommandToo(t *testing.T) {
	p := newProgram(t)
	p.Says(p.Run("help"), command.ExitOK, "Work with a running Miniflow")
	p.Says(p.Run("help", "orders", "list"), command.ExitOK, "--merchant-ref")
	p.Says(p.Run("help", "tea"), command.ExitUsage, "tea")
}
