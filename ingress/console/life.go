package console

import (
	"slices"
	"time"

	"miniflow/order"
)

// visit is one stay of an order in a stage.
type visit struct {
	Stage  order.Stage
	From   time.Time
	Lasted time.Duration
	Now    bool
	Ended  bool
	Tone   string
	// Notes are what happened meanwhile that says something to a person.
	Notes []order.TimelineItem
}

// notesPerVisit keeps a visit of many messages to one look.
const notesPerVisit = 4

// lifeOf reads an order's visits off its timeline. Where the middle of a long one is folded away, a
// visit is as long as what is left of it says.
func lifeOf(view order.View, now time.Time) []visit {
	var life []visit
	for _, item := range view.Timeline {
		if len(life) == 0 || item.Event == order.HappenedStageChanged && item.Stage != life[len(life)-1].Stage ||
			item.Event == order.HappenedFinished && item.Stage != life[len(life)-1].Stage {
			life = append(life, visit{Stage: item.Stage, From: item.At})
		}
		last := &life[len(life)-1]
		if last.wants(item) {
			last.Notes = append(last.Notes, item)
		}
	}
	for i := range life {
		life[i].Ended = life[i].Stage.Ended()
		life[i].Tone = tone(life[i].Stage)
		until := now
		if i+1 < len(life) {
			until = life[i+1].From
		}
		life[i].Now = i+1 == len(life) && !life[i].Ended
		life[i].Lasted = until.Sub(life[i].From)
	}
	return life
}

// wants reports whether an item belongs to the notes of the visit: it says something, and that once.
func (v *visit) wants(item order.TimelineItem) bool {
	said := func(other order.TimelineItem) bool { return other.Note.String() == item.Note.String() }
	return item.Note.String() != "" && item.Event != order.HappenedStageChanged && len(v.Notes) < notesPerVisit && !slices.ContainsFunc(v.Notes, said)
}
