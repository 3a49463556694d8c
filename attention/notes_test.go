package attention_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"miniflow/attention"
	"miniflow/order"
)

func said(id, by, text string) attention.Instruction {
	return attention.Instruction{ID: id, Action: attention.ActionComment, Actor: by, Text: order.Sealed(text)}
}

// TestNotesAreForgotten 90 days after they were touched last.
func TestNotesAreForgotten(t *testing.T) {
	var notes attention.Notes
	notes.Instruct(said("order:a", "operator-1", "sealed"), noon)
	notes.Instruct(said("order:b", "operator-1", "sealed"), noon.Add(time.Hour))
	notes.Instruct(said("order:a", "operator-1", "sealed again"), noon.Add(2*time.Hour))
	if want := noon.Add(time.Hour + attention.KeepNotes); !notes.Expiry().Equal(want) {
		t.Errorf("the first goes at %s, want %s", notes.Expiry(), want)
	}
	notes.Prune(noon.Add(time.Hour + attention.KeepNotes))
	if len(notes) != 1 || len(notes.Of("order:a").Comments) != 2 || len(notes.Of("order:b").Comments) != 0 {
		t.Errorf("left are %+v", notes)
	}
}

// TestWhatIsKeptIsBounded, however much is noted, and however many items a robot is told of: a workflow
// carries less than 512 KiB.
func TestWhatIsKeptIsBounded(t *testing.T) {
	input := attention.Input{Robots: attention.Robots{}}
	for i := range 300 {
		for range 22 {
			input.Notes.Instruct(said(fmt.Sprint("order:", i), "operator-1", strings.Repeat("x", 2200)), noon)
		}
	}
	names := []string{"one", "two", "three", "four"}
	for _, name := range names {
		telling := attention.Telling{Robot: name, Posted: true, At: noon, Robots: names}
		for i := range 3000 {
			telling.News = append(telling.News, rejected(i).Key())
		}
		input.Robots.Tell(telling)
		telling.News, telling.Escalated = nil, telling.News
		input.Robots.Tell(telling)
	}
	written, err := json.Marshal(input)
	if err != nil || len(written) > 512<<10 {
		t.Errorf("%d bytes are carried, %v", len(written), err)
	}
	if last := input.Notes.Of("order:299"); len(last.Comments) != attention.MaxComments {
		t.Errorf("the latest has %d comments", len(last.Comments))
	}
	if len(input.Robots["four"].Told) != 2000 || len(input.Robots["four"].Escalated) != 2000 {
		t.Errorf("%d were told, %d escalated", len(input.Robots["four"].Told), len(input.Robots["four"].Escalated))
	}
	input.Robots.Tell(attention.Telling{Robot: "two", At: noon, Robots: []string{"two"}})
	if len(input.Robots) != 1 {
		t.Errorf("robots that are gone are kept: %v", input.Robots.Names())
	}
}

// TestAnInstructionIsJudged, because whoever reaches Temporal can send one.
func TestAnInstructionIsJudged(t *testing.T) {
	for name, in := range map[string]attention.Instruction{
		"no item": said("", "operator-1", "x"), "an id that is too long": said(strings.Repeat("x", 201), "operator-1", "x"),
		"an actor that is too long": said("order:a", strings.Repeat("x", 65), "x"), "an empty comment": said("order:a", "operator-1", ""),
		"a long comment": said("order:a", "operator-1", strings.Repeat("x", 5000)), "another action": {ID: "order:a", Action: "delete"},
	} {
		if in.Judge() == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if err := said("order:a", "operator-1", "x").Judge(); err != nil {
		t.Error(err)
	}
}

// TestEveryKindHasAPlaceAndAName in both languages.
func TestEveryKindHasAPlaceAndAName(t *testing.T) {
	seen := map[string]bool{}
	for i, kind := range attention.Kinds() {
		english, chinese := kind.Text().In("en"), kind.Text().In("zh-CN")
		if kind.Rank() != i || english == string(kind) || chinese == english || seen[chinese] {
			t.Errorf("%s is %d, %q, %q", kind, kind.Rank(), english, chinese)
		}
		seen[chinese] = true
	}
}
