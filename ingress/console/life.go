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
	// Notes say what happened meanwhile that a person wants to know.
	Notes []string
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
		if note := item.Note.String(); note != "" && item.Event != order.HappenedStageChanged && !slices.Contains(last.Notes, note) && len(last.Notes) < notesPerVisit {
			last.Notes = append(last.Notes, note)
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
