package command

import (
	"strconv"
	"strings"
	"time"
)

// Moment reads a moment as people give it: RFC 3339, or how long ago, such as 90m, 6h or 2d. The API
// reads the first alone, which is what it returns; an empty text stays empty.
func Moment(flag, text string, now time.Time) (string, error) {
	if _, err := time.Parse(time.RFC3339, text); err == nil || text == "" {
		return text, nil
	}
	ago, err := time.ParseDuration(text)
	if days, isDays := strings.CutSuffix(text, "d"); isDays {
		var count float64
		count, err = strconv.ParseFloat(days, 64)
		ago = time.Duration(count * 24 * float64(time.Hour))
	}
	if err != nil || ago < 0 {
		return "", Usagef("%s %q is no moment: write RFC 3339, such as 2026-11-20T08:00:00+08:00, or how long ago, such as 90m, 6h or 2d", flag, text)
	}
	return now.Add(-ago).UTC().Format(time.RFC3339), nil
}
