package wire

import "time"

// Beijing is the zone of every time on the wire that is not milliseconds. It is fixed, for
// a machine may have no zone files and China has no summer time.
func Beijing() *time.Location { return time.FixedZone("CST", 8*60*60) }

// TimeLayout names no zone, and neither do the times on the wire: read in another one
// than Beijing they are hours off.
const TimeLayout = "2006-01-02 15:04:05"

// Moment writes the zero time as nothing: a date of the year 1 would be read as one.
func Moment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(Beijing()).Format(TimeLayout)
}
