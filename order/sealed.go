package order

// Sealed is text that only an activity or a door can open: a token, or people's
// data. Workflow code passes it along and never sees inside, so histories hold
// nothing readable. The empty value holds nothing.
type Sealed string

// String shows that something is sealed, not what.
func (s Sealed) String() string {
	if s == "" {
		return ""
	}
	return "(sealed)"
}
