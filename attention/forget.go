package attention

import (
	"errors"
	"maps"
	"slices"
)

// MaxForgotten is how many items are forgotten at once.
const MaxForgotten = 1000

// Forgetting names items of which nothing is kept any more, because their merchant is purged.
type Forgetting struct {
	IDs []string `json:"ids"`
}

// Judge refuses what no purge sends: whoever reaches Temporal can send anything.
func (f Forgetting) Judge() error {
	if len(f.IDs) == 0 || len(f.IDs) > MaxForgotten {
		return errors.New("a forgetting names its items, and not more than a purge does at once")
	}
	return nil
}

// Forget drops what is noted about the items, and what robots were told of them. Repeating it changes
// nothing.
func (i *Input) Forget(forgetting Forgetting) {
	ids, stems := map[string]bool{}, map[string]bool{}
	for _, id := range forgetting.IDs {
		ids[id], stems[stemOf(id)] = true, true
	}
	i.Notes = slices.DeleteFunc(i.Notes, func(note Note) bool { return ids[note.ID] })
	for name, robot := range i.Robots {
		theirs := func(key string) bool { return stems[key[:min(len(key), stemSize)]] }
		maps.DeleteFunc(robot.Told, func(key string, _ int64) bool { return theirs(key) })
		robot.Escalated = slices.DeleteFunc(robot.Escalated, theirs)
		i.Robots[name] = robot
	}
}
