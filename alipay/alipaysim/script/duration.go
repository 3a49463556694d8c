package script

import (
	"encoding/json"
	"fmt"
	"time"
)

// Duration is a time.Duration written as text, such as "90s", because a bare number
// does not say its unit.
type Duration time.Duration

// MarshalJSON writes text that UnmarshalJSON takes, so that what was viewed can be put
// back.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON reads text that time.ParseDuration takes. Negative is an error: nothing
// happens before its cause.
func (d *Duration) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return fmt.Errorf(`write a duration as text such as "90s", not %s`, raw)
	}
	parsed, err := time.ParseDuration(text)
	if err != nil || parsed < 0 {
		return fmt.Errorf(`%q is not a duration; write one such as "90s", "5m" or "48h"`, text)
	}
	*d = Duration(parsed)
	return nil
}
