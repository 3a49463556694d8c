package order

import (
	"fmt"
	"strings"
)

// Diagram draws the transition table as a Mermaid state diagram. The drawing in
// docs is this text, so it can't differ from what runs.
func Diagram() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	fmt.Fprintf(&b, "    [*] --> %s\n", StageCreating)
	for _, from := range Stages() {
		writeMoves(&b, from)
		if from.Ended() {
			fmt.Fprintf(&b, "    %s --> [*]\n", from)
		}
	}
	return b.String()
}

// writeMoves writes the arrows out of one stage. The two that leave every stage
// (cancelled, creation_failed) would hide the story in the drawing, so they are
// drawn from creating only and described in a note.
func writeMoves(b *strings.Builder, from Stage) {
	for _, on := range Events() {
		to, ok := Next(from, on)
		if !ok || (from != StageCreating && (on == EventCancelled || on == EventCreationFailed)) {
			continue
		}
		fmt.Fprintf(b, "    %s --> %s: %s\n", from, to, on)
	}
	if from == StageCreating {
		fmt.Fprintf(b, "    note right of %s\n        Every stage before an end can also go to %s or %s.\n    end note\n",
			from, StageCancelled, StageCreationFailed)
	}
}
