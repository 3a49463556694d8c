package people

import (
	"strconv"
	"time"
)

// minutes and seconds are rounded up, so that whoever waits as long has waited long enough.
func minutes(wait time.Duration) int { return int((wait + time.Minute - 1) / time.Minute) }

func seconds(wait time.Duration) string {
	return strconv.Itoa(int((wait + time.Second - 1) / time.Second))
}
