package attention

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"maps"
	"slices"
	"time"
)

// Robots are what each robot of an app was told, by its name.
type Robots map[string]Robot

// Robot is what one robot was told: its last list. Items stand in it by [Item.Key], which is short: an
// app with thousands of items has to fit into what a workflow carries.
type Robot struct {
	// LastPost is when it was told something last.
	LastPost time.Time `json:"last_post,omitzero"`
	// Told says when it was told of an item, in seconds since 1970.
	Told map[string]int64 `json:"told,omitempty"`
	// Escalated are those of it that it was told of once more.
	Escalated []string `json:"escalated,omitempty"`
}

// Bounds of what is kept of robots.
const (
	// MaxRobots is how many robots an app may have.
	MaxRobots = 4
	// maxTold is how many items a robot is told of, the most urgent.
	maxTold = 2000
)

// Key is a short name of an item as it is now: one that comes again later has another. It begins with
// the item's stem, by which all that was told of it is found.
func (i Item) Key() string { return stemOf(i.ID) + short(i.Mark(), 3) }

// stemSize is how many characters a stem has.
const stemSize = 8

// stemOf is what the keys of an item begin with.
func stemOf(id string) string { return short(id, stemSize*3/4) }

// short is a text's hash in as many bytes.
func short(text string, bytes int) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:bytes])
}

// Telling is what a robot was told, as it is kept once the robot has taken it.
type Telling struct {
	Robot string `json:"robot"`
	// Posted is whether something was posted at At; otherwise items have only gone.
	Posted    bool      `json:"posted,omitempty"`
	At        time.Time `json:"at"`
	News      []string  `json:"news,omitempty"`
	Gone      []string  `json:"gone,omitempty"`
	Escalated []string  `json:"escalated,omitempty"`
	// Robots are all that the app has now: what was told to others is forgotten.
	Robots []string `json:"robots"`
}

// Tell keeps a telling. Keeping it twice changes nothing.
func (r Robots) Tell(telling Telling) {
	maps.DeleteFunc(r, func(name string, _ Robot) bool { return !slices.Contains(telling.Robots, name) })
	robot := r[telling.Robot]
	if robot.Told == nil {
		robot.Told = map[string]int64{}
	}
	if telling.Posted {
		robot.LastPost = telling.At
	}
	for _, key := range telling.News {
		if len(robot.Told) < maxTold {
			robot.Told[key] = telling.At.Unix()
		}
	}
	for _, key := range telling.Escalated {
		if !slices.Contains(robot.Escalated, key) {
			robot.Escalated = append(robot.Escalated, key)
		}
	}
	for _, key := range telling.Gone {
		delete(robot.Told, key)
	}
	robot.Escalated = slices.DeleteFunc(robot.Escalated, func(key string) bool { _, told := robot.Told[key]; return !told })
	r[telling.Robot] = robot
}

// Names are those of the robots, sorted.
func (r Robots) Names() []string { return slices.Sorted(maps.Keys(r)) }

// Judge refuses what no Digest sends: whoever reaches Temporal can send anything.
func (t Telling) Judge() error {
	if t.Robot == "" || !slices.Contains(t.Robots, t.Robot) || len(t.Robots) > MaxRobots || len(t.News) > maxTold || len(t.Escalated) > maxTold {
		return errors.New("a telling names its robot, and is not longer than a digest makes it")
	}
	return nil
}
