package rollout

import "miniflow/words"

// acts are what is best done about a member that a person has to see to, by its code.
var acts = map[string]string{
	"CAN_NOT_CONTINUOUS_ROLLBACK":      "rollout.act.continuous",
	"CAN_NOT_ROLLBACK_WITH_GRAY":       "rollout.act.gray",
	"CAN_NOT_ROLLBACK_WITHOUT_OFFLINE": "rollout.act.first",
	"CAN_NOT_ROLLBACK_WITHOUT_ONLINE":  "rollout.act.not_online",
	"CAN_NOT_ROLLBACK_PUNISH":          "rollout.act.punished",
	"NO_EXT":                           "rollout.act.ext",
	"EXT_UNSURE":                       "rollout.act.ext",
	"OBSERVING":                        "rollout.act.observing",
}

// act says what is best done about a member; nothing where nothing has to be done.
func act(where Where, code string) words.Text {
	if code, known := acts[code]; known {
		return words.New(code)
	}
	switch where {
	case Rejected:
		return words.New("rollout.act.rejected")
	case Stuck:
		return words.New("rollout.act.stuck")
	case Failed:
		return words.New("rollout.act.failed")
	case Kept:
		return words.New("rollout.act.kept")
	case Held:
		return words.New("rollout.act.ext")
	case Waiting, Running, Online, Undone, Withdrawn:
	}
	return words.Text{}
}
