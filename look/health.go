package look

import (
	"strings"
	"time"
)

// Health says whether what a message announces has to be asked.
type Health string

const (
	// HealthLearning means that too little is known: asked as if unhealthy.
	HealthLearning Health = "learning"
	// HealthHealthy means that messages come before a look finds what they announce.
	HealthHealthy Health = "healthy"
	// HealthUnhealthy means that messages are missing or late, so that all that they announce is
	// asked.
	HealthUnhealthy Health = "unhealthy"
)

// How a message is judged. One in twenty-five may be overtaken by a look: a look that hits the
// moments between a fact and its message proves nothing.
const (
	remembered = 50
	enough     = 5
	tellsOneOf = 25 // of this many facts one may be missed
)

const (
	told   = '1'
	missed = '0'
)

// Record is how an app's orders came to know what one message announces.
type Record struct {
	// Facts are the last facts, the newest last: 1 for one that the message told, 0 for one that a
	// look found first.
	Facts string `json:"facts,omitempty"`
	// Counted is how many facts that looks have found are in Facts before their orders reported
	// them.
	Counted int `json:"counted,omitempty"`
	// Lost is when a look last found a fact that the message should have told long before.
	Lost time.Time `json:"lost,omitzero"`
}

// Health returns the judgement. A message that has nothing to tell is not unhealthy.
func (r Record) Health() Health {
	misses := strings.Count(r.Facts, string(missed))
	switch {
	case misses*tellsOneOf > len(r.Facts):
		return HealthUnhealthy
	case len(r.Facts) < enough:
		return HealthLearning
	}
	return HealthHealthy
}

// Told returns how many of how many facts the message has told.
func (r Record) Told() (facts, of int) { return strings.Count(r.Facts, string(told)), len(r.Facts) }

// learn adds a fact that an order has reported.
func (r Record) learn(wasTold bool) Record {
	switch {
	case wasTold:
		r.Facts += string(told)
	case r.Counted > 0:
		r.Counted--
	default:
		r.Facts += string(missed)
	}
	r.Facts = r.Facts[max(0, len(r.Facts)-remembered):]
	return r
}

// lose counts a fact that a look found long after the message should have told it. What was told
// before is forgotten: a channel that has gone silent has a good past.
func (r Record) lose(at time.Time) Record {
	r.Lost = at
	if r.Health() != HealthUnhealthy {
		r.Facts, r.Counted = string(missed), 1
	}
	return r
}

// health judges a topic. One missing message is enough to ask, as the end that it announces can't
// be told from the others by asking less. One that is rare, such as a base pass, may be unknown
// for long, and is taken to come the way of the others.
func health(records map[string]Record, topic Topic) Health {
	judged := HealthLearning
	for _, message := range topic.Messages() {
		switch records[message].Health() {
		case HealthUnhealthy:
			return HealthUnhealthy
		case HealthHealthy:
			judged = HealthHealthy
		case HealthLearning:
		}
	}
	return judged
}
