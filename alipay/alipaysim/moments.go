package alipaysim

import "time"

// beijing is the zone of every time on the wire that is not milliseconds.
func beijing() *time.Location { return time.FixedZone("CST", 8*60*60) }

// wireTime is the layout of those times.
const wireTime = "2006-01-02 15:04:05"

// wireMoment writes a time as the gateway does, the zero time as nothing.
func wireMoment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(beijing()).Format(wireTime)
}
