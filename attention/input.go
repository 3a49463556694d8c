package attention

import "miniflow/words"

// Input starts an Attention. Notes and Robots are its own when it continues as new; nobody else sets
// them.
type Input struct {
	AppID  string `json:"app_id"`
	Notes  Notes  `json:"notes,omitempty"`
	Robots Robots `json:"robots,omitempty"`
	// Language is the one of the app's configuration, for the page in the Temporal UI.
	Language words.Language `json:"language,omitempty"`
	// CrowdedAt is the length of a history, in events, at which it continues as new; 0 is the default.
	CrowdedAt int `json:"crowded_at,omitempty"`
}
