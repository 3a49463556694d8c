package order_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"miniflow/order"
)

// TestStoriesInDocs fails when a story's drawing is not the table's.
func TestStoriesInDocs(t *testing.T) {
	for _, page := range []string{"../docs/stories.md", "../docs/stories.zh-CN.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range order.Kinds() {
			drawing := "<!-- the story of " + string(kind) + " -->\n```mermaid\n" + order.Story(kind) + "```\n"
			if *update {
				old := regexp.MustCompile("(?s)<!-- the story of " + string(kind) + " -->\n```mermaid\n.*?```\n")
				text = old.ReplaceAllLiteral(text, []byte(drawing))
				write(t, page, string(text))
			}
			if strings.Count(string(text), drawing) != 1 {
				t.Errorf("%s does not draw the story of %s as the table has it; run `make docs`:\n%s", page, kind, drawing)
			}
		}
	}
}

// TestAStoryIsAPartOfTheTable checks that each story has its beginning and its end, that all three
// together leave out no stage and no event, and what tells one kind from another.
func TestAStoryIsAPartOfTheTable(t *testing.T) {
	stages, events := map[order.Stage]bool{}, map[order.Event]bool{order.EventCancelled: true} // drawn as a note
	for _, kind := range order.Kinds() {
		moves := order.StoryMoves(kind)
		reached := map[order.Stage]bool{order.StageCreating: true}
		for _, move := range moves {
			if !slices.Contains(order.Moves(), move) {
				t.Errorf("%s: %+v is no move", kind, move)
			}
			reached[move.To] = true
			stages[move.From], stages[move.To], events[move.On] = true, true, true
		}
		for _, move := range moves {
			if !reached[move.From] {
				t.Errorf("%s: nothing leads to %s", kind, move.From)
			}
		}
		for stage := range reached {
			leaves := slices.ContainsFunc(moves, func(move order.Move) bool { return move.From == stage })
			if leaves == stage.Ended() {
				t.Errorf("%s: %s is left: %t", kind, stage, leaves)
			}
		}
		if !reached[order.StageOnline] {
			t.Errorf("%s never goes online", kind)
		}
		if waits := reached[order.StageAwaitingMerchant]; waits != (kind != order.KindRelease) {
			t.Errorf("%s waits for its merchant: %t", kind, waits)
		}
		if refused := reached[order.StageMerchantRejected]; refused != (kind == order.KindFormal) {
			t.Errorf("%s can be declined: %t", kind, refused)
		}
	}
	for _, event := range order.Events() {
		if !events[event] {
			t.Errorf("%s is in no story", event)
		}
	}
	stages[order.StageCancelled] = true
	for _, stage := range order.Stages() {
		if !stages[stage] {
			t.Errorf("%s is in no story", stage)
		}
	}
}
