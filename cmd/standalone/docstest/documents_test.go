package docstest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// root is the root module's folder.
const root = "../../.."

// page is one document. Its commands are run in the order of the list.
type page struct{ name, chinese string }

// pages lists the documents and their twins in 简体中文.
func pages() []page {
	return []page{
		{"README.md", "README.zh-CN.md"}, {"internal/config/example.yaml", ""},
		{"docs/cli.md", "docs/cli.zh-CN.md"}, {"docs/forwarding.md", "docs/forwarding.zh-CN.md"}, {"docs/webhooks.md", "docs/webhooks.zh-CN.md"},
		{"docs/operators.md", "docs/operators.zh-CN.md"}, {"docs/console.md", "docs/console.zh-CN.md"}, {"docs/api.md", "docs/api.zh-CN.md"}, {"docs/states.md", "docs/states.zh-CN.md"}, {"docs/stories.md", "docs/stories.zh-CN.md"},
		{"docs/signature.md", "docs/signature.zh-CN.md"}, {"docs/what-to-do.md", "docs/what-to-do.zh-CN.md"}, {"docs/migrate.md", "docs/migrate.zh-CN.md"}, {"docs/unverified.md", "docs/unverified.zh-CN.md"}, {"docs/leave.md", "docs/leave.zh-CN.md"}, {"docs/rollouts.md", "docs/rollouts.zh-CN.md"}, {"docs/simulator.md", "docs/simulator.zh-CN.md"}, {"docs/channels.md", "docs/channels.zh-CN.md"}, {"docs/postgresql.md", "docs/postgresql.zh-CN.md"}, {"docs/performance.md", "docs/performance.zh-CN.md"}, {"docs/architecture.md", ""}, {"CONTRIBUTING.md", ""}, {"docker-compose.yml", ""},
	}
}

// shown is a command that a document shows.
type shown struct {
	document string
	line     int
	// text is the command without comments; it may have several lines.
	text string
	// named is a command in the middle of a sentence, without a flag or a file.
	named bool
	// powershell is set for a command of PowerShell, which bash can't run.
	powershell bool
}

func (s shown) String() string { return fmt.Sprintf("%s:%d: %s", s.document, s.line, s.text) }

// programs begin a command where it stands in a sentence or a comment.
var programs = regexp.MustCompile(`^([A-Z_]+=\S+ )*(\S*/)?(miniflow|miniflow-standalone|alipaysim|curl|make|go|docker|openssl|printf|chmod) \S`)

var (
	inline = regexp.MustCompile("`([^`]+)`")
	bare   = regexp.MustCompile(`^miniflow( [a-z-]+){1,2}$`)
	// theirs is another program's part by its name, as in "`docker inspect` shows".
	theirs = regexp.MustCompile(`^(go|docker) [a-z]+$`)
	remark = regexp.MustCompile(`^\s*#   (\S.*)$`)
)

// powershell begins a block of commands for PowerShell. They are listed as all others are, and not run:
// no machine that checks has one.
const powershell = "```powershell"

// read finds the commands of a document.
func read(document, text string) (found []shown, err error) {
	fence, open := "", shown{}
	yaml := !strings.HasSuffix(document, ".md")
	for i, line := range strings.Split(text, "\n") {
		at := shown{document: document, line: i + 1}
		switch {
		case strings.HasPrefix(line, "```"):
			if fence != "" {
				fence = ""
				break
			}
			if fence = "```" + strings.TrimSpace(line[3:]); !slices.Contains([]string{"```", "```sh", "```json", "```yaml", "```mermaid", "```nginx", powershell}, fence) {
				return nil, fmt.Errorf("%s:%d: a block %s: commands stand in blocks of sh, or of powershell", document, i+1, fence)
			}
		case fence == "```sh" || fence == powershell:
			if open.text == "" {
				open, open.powershell = at, fence == powershell
			}
			code, unfinished := uncommented(open.text + line)
			unfinished = unfinished || open.powershell && strings.HasSuffix(code, "`")
			if open.text = code + "\n"; unfinished {
				break
			}
			if open.text = strings.TrimSpace(code); open.text != "" {
				found = append(found, open)
			}
			open = shown{}
		case fence == "":
			found = append(found, sentence(at, line, yaml)...)
		}
	}
	if open.text != "" {
		return nil, fmt.Errorf("%s: a quote is never closed", open)
	}
	return found, nil
}

// sentence finds the commands of a line outside of blocks; in YAML they stand in comments.
func sentence(at shown, line string, yaml bool) (found []shown) {
	add := func(text string) {
		if programs.MatchString(text) && !theirs.MatchString(text) {
			at.text, _ = uncommented(text)
			at.text = strings.TrimSpace(at.text)
			at.named = bare.MatchString(at.text)
			found = append(found, at)
		}
	}
	if yaml {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			return nil
		}
		if own := remark.FindStringSubmatch(line); own != nil {
			add(own[1])
		}
	}
	for _, span := range inline.FindAllStringSubmatch(line, -1) {
		add(span[1])
	}
	return found
}

// uncommented leaves out what follows a # outside of quotes, and reports whether the
// shell would read on behind the end.
func uncommented(text string) (code string, unfinished bool) {
	var out strings.Builder
	var quote rune
	before := ' '
	for _, r := range text {
		switch {
		case quote == 0 && r == '#' && (before == ' ' || before == '\n'):
			return out.String(), false // a comment ends the command
		case quote == 0 && (r == '\'' || r == '"'):
			quote = r
		case r == quote:
			quote = 0
		}
		out.WriteRune(r)
		before = r
	}
	return out.String(), quote != 0 || strings.HasSuffix(text, "\\")
}

// load reads the documents of one language; what has no twin is English.
func load(chinese bool) (found []shown, err error) {
	for _, p := range pages() {
		name := p.name
		if chinese {
			name = p.chinese
		}
		if name == "" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return nil, err
		}
		commands, err := read(name, string(text))
		if err != nil {
			return nil, err
		}
		found = append(found, commands...)
	}
	return found, nil
}

// words are what a person says for themselves, which is not the same in two languages.
var words = regexp.MustCompile(`--reason "[^"]*"|audit_reason=\S+`)

// differences lists the commands that only one of two languages shows.
func differences(english, chinese []shown) (problems []string) {
	texts := func(all []shown) map[string]shown {
		by := map[string]shown{}
		for _, one := range all {
			by[strings.TrimSuffix(strings.TrimSuffix(one.document, ".md"), ".zh-CN")+" "+words.ReplaceAllString(one.text, "…")] = one
		}
		return by
	}
	a, b := texts(english), texts(chinese)
	for key, one := range a {
		if _, there := b[key]; !there {
			problems = append(problems, one.String()+": 简体中文 does not show it")
		}
	}
	for key, one := range b {
		if _, there := a[key]; !there {
			problems = append(problems, one.String()+": English does not show it")
		}
	}
	slices.Sort(problems)
	return problems
}
