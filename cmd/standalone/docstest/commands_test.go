package docstest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEveryCommandThatIsShownRuns reads each document from its top, and does as it says.
func TestEveryCommandThatIsShownRuns(t *testing.T) {
	english, err := load(false)
	must(t, err)
	chinese, err := load(true)
	must(t, err)
	all := rows()
	for _, problem := range strangers(all, slices.Concat(english, chinese)) {
		t.Error(problem)
	}
	for _, commands := range [][]shown{english, chinese} {
		for len(commands) > 0 {
			document := commands[0].document
			end := slices.IndexFunc(commands, func(s shown) bool { return s.document != document })
			if end < 0 {
				end = len(commands)
			}
			mine := commands[:end]
			commands = commands[end:]
			t.Run(strings.ReplaceAll(document, "/", "_"), func(t *testing.T) { readDocument(t, all, document, mine) })
		}
	}
}

func readDocument(t *testing.T, all []row, document string, commands []shown) {
	t.Helper()
	r := newReader(t, document)
	done := map[string]bool{}
	for _, command := range commands {
		if found := rowFor(all, command); !done[command.text] && (found != nil || command.named) {
			done[command.text] = true
			r.follow(command, found)
		}
	}
	r.close()
}

// TestBothLanguagesShowTheSameCommands checks that a person who reads one of them misses nothing.
func TestBothLanguagesShowTheSameCommands(t *testing.T) {
	english, err := load(false)
	must(t, err)
	chinese, err := load(true)
	must(t, err)
	twins := map[string]bool{}
	for _, p := range pages() {
		twins[p.name] = p.chinese != ""
	}
	english = slices.DeleteFunc(english, func(s shown) bool { return !twins[s.document] })
	for _, problem := range differences(english, chinese) {
		t.Error(problem)
	}
}

// TestACommandIsFoundWhereverItStands looks in a block over several lines, in a sentence,
// and in a comment of the configuration.
func TestACommandIsFoundWhereverItStands(t *testing.T) {
	const text = "```sh\nmake a   # why\n\ncurl -d '{\n  \"a\": 1 # 2\n}' \\\n  http://x\n```\nUse `miniflow orders list --hold x`, `miniflow serve`, `go run`, `curl` or `--seed N`.\n```json\nmake c\n```\n"
	found, err := read("a.md", text)
	must(t, err)
	var got []string
	for _, one := range found {
		got = append(got, fmt.Sprintf("%d %t %s", one.line, one.named, one.text))
	}
	want := []string{
		"2 false make a", "4 false curl -d '{\n  \"a\": 1 # 2\n}' \\\n  http://x",
		"9 false miniflow orders list --hold x", "9 true miniflow serve",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	found, err = read("a.yaml", "# Make one with `openssl rand 32`, or:\n#   printf %s x | sha256sum\n#   key: value\nkey: `make`\n")
	if err != nil || len(found) != 2 || found[1].text != "printf %s x | sha256sum" {
		t.Errorf("in comments: %v, %v", found, err)
	}
	found, err = read("a.md", "```powershell\ncurl.exe `\n  -d 'x'\n$a = 1\n```\n")
	if err != nil || len(found) != 2 || found[0].text != "curl.exe `\n  -d 'x'" || !found[0].powershell || !found[1].powershell {
		t.Errorf("of PowerShell: %+v, %v", found, err)
	}
	for _, wrong := range []string{"```bash\nmake a\n```\n", "```sh\necho 'a\n```\n"} {
		if found, err := read("a.md", wrong); err == nil {
			t.Errorf("%q is read as %v", wrong, found)
		}
	}
}

// TestTheTableAndTheDocumentsAreOneList checks that a new command has to get a row, and a row whose
// command is gone has to go.
func TestTheTableAndTheDocumentsAreOneList(t *testing.T) {
	all := []row{{starts: "make "}, {starts: "docker compose up"}}
	known := shown{document: "a.md", line: 3, text: "make test"}
	unknown := shown{document: "a.md", line: 4, text: "miniflow brew --strong"}
	foreign := shown{document: "a.md", line: 5, text: "make it", powershell: true}
	got := strings.Join(strangers(all, []shown{known, unknown, foreign}), "\n")
	for _, want := range []string{`no row knows .*a\.md:4: miniflow brew`, `bash would run .*a\.md:5: make it`, "stale.* docker compose up"} {
		if !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("nothing is said of %s: %s", want, got)
		}
	}
	if strings.Contains(got, "make test") {
		t.Errorf("what is known is strange: %s", got)
	}
	twin := shown{document: "a.zh-CN.md", line: 3, text: "make test FAST=1"}
	if got := differences([]shown{known}, []shown{twin}); len(got) != 2 {
		t.Errorf("two languages that differ: %v", got)
	}
}
