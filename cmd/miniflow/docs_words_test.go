package main

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"miniflow/internal/config"
	"miniflow/order"
)

// documents reads every document that users read.
func documents(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{"README*.md", "docs/*.md"} {
		found, err := filepath.Glob(filepath.Join("..", "..", pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("no %s: %v", pattern, err)
		}
		for _, path := range found {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			texts[filepath.Base(path)] = string(text)
		}
	}
	return texts
}

// spoken collects the words of all string literals of the programs, the settings, and the
// names of files.
func spoken(t *testing.T) map[string]bool {
	t.Helper()
	literal := regexp.MustCompile("\"[^\"\n]*\"|`[^`]*`")
	word := regexp.MustCompile(`[A-Za-z][A-Za-z0-9]*(?:[_-][A-Za-z0-9]+)*`)
	known := map[string]bool{}
	root := os.DirFS(filepath.Join("..", ".."))
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		known[strings.TrimSuffix(entry.Name(), ".go")] = true
		if strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := fs.ReadFile(root, path)
		for _, one := range literal.FindAllString(string(text), -1) {
			for _, name := range word.FindAllString(one, -1) {
				known[name] = true
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range word.FindAllString(string(config.Example()), -1) {
		known[name] = true
	}
	return known
}

// TestEveryNameInTheDocumentsExists checks that a setting, member, hold, metric or reason that a
// document names is one that the programs speak of.
func TestEveryNameInTheDocumentsExists(t *testing.T) {
	known := spoken(t)
	span := regexp.MustCompile("`([^`\n]+)`")
	name := regexp.MustCompile(`[A-Za-z][a-zA-Z0-9]*(?:_[A-Za-z0-9]+)+_?`) // one that ends in _ stands for several
	fences := regexp.MustCompile("(?s)```.*?```")
	// What belongs to others, and what a program makes of a name.
	for _, theirs := range []string{"print_r", "var_dump", "get_data", "miniflow_forward_tries_total"} {
		known[theirs] = true
	}
	for document, text := range documents(t) {
		for _, code := range span.FindAllStringSubmatch(fences.ReplaceAllString(text, ""), -1) {
			for _, found := range name.FindAllString(code[1], -1) {
				if !known[found] && !strings.HasSuffix(found, "_") {
					t.Errorf("%s names %s in %q, and nothing here has that name", document, found, code[1])
				}
			}
		}
	}
}

// TestEveryFileInTheDocumentsExists checks that a file of Go code that a document names is where
// it says, and that reading.md names no function, type or setting that there is not.
func TestEveryFileInTheDocumentsExists(t *testing.T) {
	span := regexp.MustCompile("`([^`\n]+)`")
	identifier := regexp.MustCompile(`^(?:[A-Za-z]\w*\.)*([A-Za-z]\w*)$`)
	declared, settings := declarations(t), spoken(t)
	found := 0
	for document, text := range documents(t) {
		for _, code := range span.FindAllStringSubmatch(text, -1) {
			switch name := code[1]; {
			case strings.HasSuffix(name, ".go") && strings.Contains(name, "/"):
				found++
				if files, err := filepath.Glob(filepath.Join("..", "..", name)); err != nil || len(files) == 0 {
					t.Errorf("%s names the file %s, which is not there", document, name)
				}
			case strings.HasPrefix(document, "reading") && identifier.MatchString(name):
				if last := identifier.FindStringSubmatch(name)[1]; !declared[last] && !settings[last] {
					t.Errorf("%s names %s, which is neither declared in Go code here nor a setting", document, name)
				}
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d files were found in the documents", found)
	}
}

// declarations collects the names of functions, methods, types, constants, variables and packages.
func declarations(t *testing.T) map[string]bool {
	t.Helper()
	declaration := regexp.MustCompile(`(?m)^(?:func (?:\([^)]*\) )?|type |var |const |package |\t)([A-Za-z]\w*)`)
	known := map[string]bool{}
	root := os.DirFS(filepath.Join("..", ".."))
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		text, err := fs.ReadFile(root, path)
		for _, name := range declaration.FindAllStringSubmatch(string(text), -1) {
			known[name[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return known
}

// TestEverySettingInTheDocumentsExists checks that settings are named with their section.
func TestEverySettingInTheDocumentsExists(t *testing.T) {
	named := regexp.MustCompile("`((?:schedules|limits|files|webhook|temporal|policy|log|forward)\\.([a-z_]+))`")
	example, found := string(config.Example()), 0
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```")
	key := regexp.MustCompile(`(?m)^[ #-]*([a-z_]+):`)
	for document, text := range documents(t) {
		for _, shown := range block.FindAllStringSubmatch(text, -1) {
			for _, setting := range key.FindAllStringSubmatch(shown[1], -1) {
				if !regexp.MustCompile("(?m)(^[ #-]*|`)" + setting[1] + `:`).MatchString(example) {
					t.Errorf("%s shows %s, which is no setting", document, setting[1])
				}
			}
		}
		for _, setting := range named.FindAllStringSubmatch(text, -1) {
			found++
			if !regexp.MustCompile(`(?m)^[ #]+` + setting[2] + `:`).MatchString(example) {
				t.Errorf("%s names %s, which is no setting", document, setting[1])
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d settings were found in the documents", found)
	}
}

// TestTheDocumentsNameEveryHoldAndDisposition checks that what an order's page and a list show is
// explained, in both languages.
func TestTheDocumentsNameEveryHoldAndDisposition(t *testing.T) {
	var holds, dispositions []string
	for _, hold := range order.HoldKinds() {
		holds = append(holds, "| `"+string(hold)+"` |")
	}
	for _, disposition := range order.Dispositions() {
		dispositions = append(dispositions, "| `"+string(disposition)+"` |")
	}
	saysAll(t, slices.Concat(holds, dispositions), "states.md", "states.zh-CN.md")
	for _, stage := range order.Stages() {
		saysAll(t, []string{"| `" + string(stage) + "` |"}, "states.md", "states.zh-CN.md")
	}
}

// TestWhatToDoHasEveryStageAndHold: a section each, in both languages, and of a stage the commands
// that an order takes there.
func TestWhatToDoHasEveryStageAndHold(t *testing.T) {
	var sections []string
	for _, hold := range order.HoldKinds() {
		sections = append(sections, "### `"+string(hold)+"`\n")
	}
	saysAll(t, sections, "what-to-do.md", "what-to-do.zh-CN.md")
	for document, label := range map[string]string{"what-to-do.md": "**Takes**", "what-to-do.zh-CN.md": "**可用命令**"} {
		text := documents(t)[document]
		for _, stage := range order.Stages() {
			_, section, found := strings.Cut(text, "### `"+string(stage)+"`\n")
			if !found {
				t.Errorf("%s has no section about %s", document, stage)
				continue
			}
			section, _, _ = strings.Cut(section, "\n#")
			taken := ""
			for _, command := range (order.Situation{Kind: order.KindFormal, Stage: stage}).Commands() {
				taken += " `" + string(command) + "`"
			}
			_, says, _ := strings.Cut(section, label)
			if says = strings.TrimSpace(says); says != strings.TrimSpace(taken) {
				t.Errorf("%s: %s takes%s, and %q is said", document, stage, taken, says)
			}
		}
	}
}

// TestEveryLinkInTheDocumentsLeadsSomewhere follows each to a file that exists, and to a heading in it.
func TestEveryLinkInTheDocumentsLeadsSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]+))?\)`)
	heading := regexp.MustCompile(`(?m)^#+ (.+)$`)
	dropped := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	for document, text := range documents(t) {
		folder := filepath.Join("..", "..", "docs")
		if strings.HasPrefix(document, "README") {
			folder = filepath.Join("..", "..")
		}
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			target, err := os.ReadFile(filepath.Join(folder, cmp.Or(found[1], document)))
			if err != nil {
				t.Errorf("%s links to %s: %v", document, found[0], err)
				continue
			}
			there := found[2] == ""
			for _, title := range heading.FindAllStringSubmatch(string(target), -1) {
				anchor := strings.ReplaceAll(strings.ToLower(dropped.ReplaceAllString(title[1], "")), " ", "-")
				there = there || anchor == found[2]
			}
			if !there {
				t.Errorf("%s links to %s, and there is no such heading", document, found[0])
			}
		}
	}
}
