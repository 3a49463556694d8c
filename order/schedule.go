package order

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Pace is one stretch of a schedule: wait Every, Times times. The last pace of a
// schedule goes on for ever and has no use for Times.
type Pace struct {
	Every time.Duration
	Times int
}

// Schedule says how long to wait before each next question. Its text form is
// "1m*10 10m*138 1h": ten times a minute apart, then 138 times ten minutes, then hourly.
type Schedule []Pace

// Delay returns the wait after the attempt-th question (the first is 1). An empty schedule waits an
// hour, so that one that is missing from a workflow's input makes no loop without a pause.
func (s Schedule) Delay(attempt int) time.Duration {
	if len(s) == 0 {
		return time.Hour
	}
	for _, pace := range s {
		if attempt <= pace.Times {
			return pace.Every
		}
		attempt -= pace.Times
	}
	return s[len(s)-1].Every
}

// Counted returns how many delays a schedule has until its end, and whether it ends: one whose last
// pace has no count goes on.
func (s Schedule) Counted() (times int, ends bool) {
	for _, pace := range s {
		if pace.Times == 0 {
			return times, false
		}
		times += pace.Times
	}
	return times, true
}

// Divide returns the schedule sped up, with no delay below floor; only the standalone divides.
func (s Schedule) Divide(speed float64, floor time.Duration) Schedule {
	divided := make(Schedule, len(s))
	for i, pace := range s {
		divided[i] = Pace{Every: divide(pace.Every, speed, floor), Times: pace.Times}
	}
	return divided
}

func divide(d time.Duration, speed float64, floor time.Duration) time.Duration {
	return max(min(floor, d), time.Duration(float64(d)/speed))
}

// String returns the text form, which reads back as the same schedule.
func (s Schedule) String() string {
	paces := make([]string, 0, len(s))
	for _, pace := range s {
		text := pace.Every.String()
		if pace.Times > 0 {
			text += "*" + strconv.Itoa(pace.Times)
		}
		paces = append(paces, text)
	}
	return strings.Join(paces, " ")
}

// MarshalText writes the text form, so that a workflow's input shows a schedule as the
// configuration spells it.
func (s Schedule) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the text form. Every delay has to be positive: one of zero would ask Alipay
// without a pause.
func (s *Schedule) UnmarshalText(text []byte) error {
	var read Schedule
	for _, field := range strings.Fields(string(text)) {
		every, times, counted := strings.Cut(field, "*")
		pace := Pace{}
		var err error
		if pace.Every, err = time.ParseDuration(every); err != nil || pace.Every <= 0 {
			return fmt.Errorf("%q is not a schedule: write delays such as 1m*10 10m 1h", field)
		}
		if counted {
			if pace.Times, err = strconv.Atoi(times); err != nil || pace.Times < 1 {
				return fmt.Errorf("%q is not a schedule: what follows * is how many times, such as 1m*10", field)
			}
		}
		read = append(read, pace)
	}
	if len(read) == 0 {
		return fmt.Errorf("a schedule needs at least one delay, such as 30m")
	}
	*s = read
	return nil
}

// last returns the delay that a schedule goes on with.
func (s Schedule) last() time.Duration { return s.Delay(math.MaxInt) }

// Duration is a time.Duration whose text form is "90s", "1h30m": encoding/json would write
// nanoseconds.
type Duration time.Duration

// Std returns the standard library's form, which timers and arithmetic take.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// MarshalText writes the text form, as the configuration spells it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads the text form. It has to be positive: a wait of zero would end before it
// began.
func (d *Duration) UnmarshalText(text []byte) error {
	read, err := time.ParseDuration(string(text))
	if err != nil || read <= 0 {
		return fmt.Errorf("%q is not a duration: write one such as 30m or 26h", text)
	}
	*d = Duration(read)
	return nil
}
