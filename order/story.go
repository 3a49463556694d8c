package order

import (
	"fmt"
	"slices"
	"strings"
)

// Story draws the way of one kind of order as a Mermaid state diagram: of the transition table, the moves
// that Miniflow, the merchant and the reviewers make. What it adopts where Alipay's console was used
// beside it is left out; [Diagram] has all.
func Story(kind Kind) string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	fmt.Fprintf(&b, "    [*] --> %s\n", StageCreating)
	drawn := StoryMoves(kind)
	for _, from := range Stages() {
		ways := 0
		for _, move := range drawn {
			if move.From == from {
				fmt.Fprintf(&b, "    %s --> %s: %s\n", from, move.To, move.On)
			}
			if move.From == from || move.To == from {
				ways++
			}
		}
		if from.Ended() && ways > 0 {
			fmt.Fprintf(&b, "    %s --> [*]\n", from)
		}
	}
	fmt.Fprintf(&b, "    note right of %s\n        Every stage before an end can also go to %s or %s.\n    end note\n", StageCreating, StageCancelled, StageCreationFailed)
	return b.String()
}

// StoryMoves lists the moves of a kind's story, in the order of the table. They can be reached from the
// first stage: what leads to a kind's stage is one of its moves too.
func StoryMoves(kind Kind) []Move {
	reached, told := map[Stage]bool{StageCreating: true}, []Move(nil)
	for grown := true; grown; {
		grown = false
		for _, move := range Moves() {
			if reached[move.From] && !slices.Contains(told, move) && kind.tells(move) {
				told, reached[move.To], grown = append(told, move), true, true
			}
		}
	}
	return slices.DeleteFunc(Moves(), func(move Move) bool { return !slices.Contains(told, move) })
}

// tells reports whether a move is one of a kind's story.
func (k Kind) tells(move Move) bool {
	switch move.On { //nolint:exhaustive // of the others it is asked where they are expected
	case EventMerchantAgreed:
		if k == KindRelease { // its mini program is there: nobody is asked
			return move.From == StageCreating
		}
	case EventMerchantRejected: // of a trial Alipay says that its creation failed
		return k == KindFormal && move.From == StageAwaitingMerchant
	case EventCreationFailed:
		return k == KindTrial && move.From == StageAwaitingMerchant
	case EventOrderCreated, EventConfirmTimedOut:
		if k == KindRelease {
			return false
		}
	}
	return slices.Contains(expectedAt(move.On), move.From)
}

// expectedAt is where an event comes from what the order itself waits for there. Elsewhere it is news of
// what somebody did at Alipay.
func expectedAt(on Event) []Stage {
	switch on {
	case EventOrderCreated:
		return []Stage{StageCreating}
	case EventMerchantAgreed, EventMerchantRejected, EventConfirmTimedOut, EventCreationFailed:
		return []Stage{StageAwaitingMerchant}
	case EventAuthorized:
		return []Stage{StageAwaitingAuthorization}
	case EventBuilt:
		return []Stage{StageBuilding}
	case EventScanned:
		return []Stage{StageScanning}
	case EventSubmitted:
		return []Stage{StageSubmitting}
	case EventAuditPassed, EventAuditRejected, EventBasePassed:
		return []Stage{StageAuditing}
	case EventGoOnlineDecided, EventFixDecided:
		return []Stage{StageBasePassed}
	case EventResubmitted:
		return []Stage{StageAuditRejected}
	case EventVersionReplaced:
		return []Stage{StageScanning, StageSubmitting, StageAuditRejected}
	case EventWithdrawn:
		return []Stage{StageAuditing, StageReleasing}
	case EventReleased:
		return []Stage{StageReleasing}
	case EventCancelled:
	}
	return nil // drawn as a note, since it leaves every stage
}
