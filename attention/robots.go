package attention

import "time"

// Robots are what each robot of an app was told, by its name.
type Robots map[string]Robot

// Robot is what one robot was told: the items of its last list, by their ids.
type Robot struct {
	// LastPost is when it was told something last, and LastError why that did not work out since.
	LastPost time.Time       `json:"last_post,omitzero"`
	Told     map[string]Told `json:"told,omitempty"`
}

// Told says that a robot was told of an item, and whether once more since.
type Told struct {
	// Mark is [Item.Mark] of the item as it was told.
	Mark      string    `json:"mark"`
	At        time.Time `json:"at"`
	Escalated bool      `json:"escalated,omitempty"`
}
