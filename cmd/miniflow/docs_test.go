package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"miniflow/alipay/diagnose"
	"miniflow/order"
)

// TestTheDocumentationIsWhole looks in both languages for everything that a
// person may look up.
func TestTheDocumentationIsWhole(t *testing.T) {
	var words []string
	for _, cause := range diagnose.Causes() {
		words = append(words, "`"+string(cause)+"`")
	}
	for _, story := range simulate(t, t.TempDir(), "", nil).scenarios() {
		words = append(words, "`"+story.Name+"`")
	}
	for _, command := range order.Commands() {
		words = append(words, "`"+string(command))
	}
	operators := []string{"`" + string(order.CommandBeginAgain) + "`", "Terminate", "Request Cancellation", "Pause", "Reset", "Signal", "Update", "Start Workflow Like This One"}
	for _, execution := range order.Executions() {
		operators = append(operators, "| `"+string(execution)+"` |")
	}
	saysAll(t, operators, "operators.md", "operators.zh-CN.md")
	saysAll(t, append(words, "`"+string(order.CommandBeginAgain)+"`"), "cli.md", "cli.zh-CN.md")
}

// saysAll looks for words in pages.
func saysAll(t *testing.T, words []string, files ...string) {
	t.Helper()
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range words {
			if !strings.Contains(string(text), word) {
				t.Errorf("%s says nothing of %s", file, word)
			}
		}
	}
}
