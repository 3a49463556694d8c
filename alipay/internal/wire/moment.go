package wire

import (
	"strconv"
	"time"
)

// Beijing is the time zone of every time that Alipay writes as text. It has no summer time,
// so no zone database is needed.
var Beijing = time.FixedZone("UTC+8", 8*60*60)

// lastMilli is the end of the year 9999. Later times can't be written in RFC 3339, so they
// would fail only when they are stored.
const lastMilli = 253402300799999

// ParseMoment reads a time in either of Alipay's spellings: milliseconds since
// 1970 in decimal, or "2006-01-02 15:04:05" in Beijing. The result is in UTC.
func ParseMoment(text string) (time.Time, bool) {
	if len(text) > 4 && text[4] == '-' {
		at, err := time.ParseInLocation(time.DateTime, text, Beijing)
		return at.UTC(), err == nil
	}
	milli, err := strconv.ParseInt(text, 10, 64)
	if err != nil || milli < 0 || milli > lastMilli {
		return time.Time{}, false
	}
	return time.UnixMilli(milli).UTC(), true
}
