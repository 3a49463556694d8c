package wire

import "time"

// Beijing is the zone of every time on the wire that is not milliseconds, in whatever
// zone the caller is. It is fixed, since China has no summer time, and needs no zone
// database.
func Beijing() *time.Location { return time.FixedZone("CST", 8*60*60) }

// TimeLayout is the layout of those times. It names no zone, so a reader has to know
// it.
const TimeLayout = "2006-01-02 15:04:05"

// Moment writes a time as the gateway does, the zero time as nothing: answers leave
// such members out.
func Moment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(Beijing()).Format(TimeLayout)
}
