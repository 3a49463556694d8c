package order

import (
	"fmt"
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

// Schedules is every wait of an order that is not the platform's. They travel in
// a workflow's input, so a change of configuration meets new orders only and a
// replay sees what the run saw.
type Schedules struct {
	// Confirm, Certification, Build, Scan, Audit and Release pace the polls of these stages, which
	// find what a lost message would have said.
	Confirm       Schedule `json:"confirm"`
	Certification Schedule `json:"certification"`
	Build         Schedule `json:"build"`
	Scan          Schedule `json:"scan"`
	Audit         Schedule `json:"audit"`
	Release       Schedule `json:"release"`
	// Settled paces the look at a version whose audit is over and that waits for a person:
	// rejected, base-passed. The console can still change it.
	Settled Schedule `json:"settled"`
	Agree   Schedule `json:"agree"`
	Busy    Schedule `json:"busy"`
	// Again paces another try of a call that came to no answer, or to one that proves nothing:
	// trouble passes soon or lasts.
	Again Schedule `json:"again"`
	// Authorization paces the look at a token that is believed valid: the message that revokes it
	// may have been lost.
	Authorization Schedule `json:"authorization"`
	Locate        Schedule `json:"locate"`
	Forward       Schedule `json:"forward,omitzero"`

	// AgreeFor is how long Alipay's query may lag behind a notification; what it contradicts for
	// longer is stale.
	AgreeFor Duration `json:"agree_for"`
	// BasePassGrace is how long auto_online may take after a base pass before Miniflow puts the
	// version online: Alipay doesn't say whether auto_online covers a base pass.
	BasePassGrace Duration `json:"base_pass_grace"`
	// LocateFor is how long an early notification waits for its order before it goes to the forward
	// target, or to the dead letters.
	LocateFor Duration `json:"locate_for"`
	// ForwardFor is how long a forward target is tried, and how long a message waits for a target
	// to be configured; then a person has to see to it.
	ForwardFor Duration `json:"forward_for,omitzero"`
	// Unclaimed is how long a mini program keeps notifications that no order claims, before each
	// becomes a Delivery.
	Unclaimed Duration `json:"unclaimed"`
	DeadFor   Duration `json:"dead_for"`

	Watchdogs map[Stage]Duration `json:"watchdogs"`

	// Expect is how long each long wait is expected to last: after that the app's Sweep asks
	// Alipay, though all messages seem to arrive.
	Expect map[Wait]Duration `json:"expect,omitempty"`
}

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

const day = 24 * time.Hour

// DefaultSchedules returns the assumptions for life at its own speed; Alipay publishes none of these times.
func DefaultSchedules() Schedules {
	return Schedules{
		Confirm:       Schedule{{time.Minute, 10}, {10 * time.Minute, 138}, {time.Hour, 0}},
		Certification: Schedule{{time.Hour, 0}},
		Build: Schedule{
			{2 * time.Second, 1}, {3 * time.Second, 1}, {5 * time.Second, 1}, {8 * time.Second, 1},
			{15 * time.Second, 1}, {30 * time.Second, 0},
		},
		Scan:    Schedule{{15 * time.Second, 8}, {2 * time.Minute, 0}},
		Audit:   Schedule{{30 * time.Minute, 96}, {time.Hour, 0}},
		Release: Schedule{{time.Minute, 10}, {10 * time.Minute, 0}},
		Settled: Schedule{{6 * time.Hour, 0}},
		Agree:   Schedule{{time.Second, 1}, {2 * time.Second, 1}, {5 * time.Second, 1}, {10 * time.Second, 0}},
		Busy:    Schedule{{time.Minute, 3}, {10 * time.Minute, 6}, {30 * time.Minute, 0}},
		Again: Schedule{
			{time.Second, 1}, {5 * time.Second, 1}, {30 * time.Second, 1}, {2 * time.Minute, 1},
			{5 * time.Minute, 1}, {10 * time.Minute, 1}, {15 * time.Minute, 0},
		},
		Authorization: Schedule{{day, 0}},
		Locate:        Schedule{{2 * time.Second, 3}, {30 * time.Second, 4}, {10 * time.Minute, 6}, {time.Hour, 0}},
		Forward: Schedule{
			{5 * time.Second, 1}, {30 * time.Second, 1}, {2 * time.Minute, 1}, {5 * time.Minute, 1}, {15 * time.Minute, 1},
			{30 * time.Minute, 1}, {time.Hour, 2}, {2 * time.Hour, 2}, {4 * time.Hour, 0},
		},
		AgreeFor:      Duration(time.Minute),
		BasePassGrace: Duration(10 * time.Minute),
		LocateFor:     Duration(3 * day),
		ForwardFor:    Duration(3 * day),
		Unclaimed:     Duration(3 * day),
		DeadFor:       Duration(30 * day),
		Watchdogs:     defaultWatchdogs(),
		Expect:        defaultExpect(),
	}
}

// defaultWatchdogs returns how long each stage may last before a person is asked. Most are a
// few times what the stage takes when all is well; those of people are days or weeks.
func defaultWatchdogs() map[Stage]Duration {
	return map[Stage]Duration{
		StageCreating:              Duration(time.Hour),
		StageAwaitingMerchant:      Duration(15 * day),
		StageAwaitingAuthorization: Duration(time.Hour),
		StageBuilding:              Duration(10 * time.Minute),
		StageScanning:              Duration(2 * time.Hour),
		StageSubmitting:            Duration(time.Hour),
		StageAuditing:              Duration(3 * day),
		StageAuditRejected:         Duration(14 * day),
		StageBasePassed:            Duration(14 * day),
		StageReleasing:             Duration(2 * time.Hour),
	}
}

// Forwarding returns how a forward target is tried and for how long. A workflow that was
// started before there were such schedules gets the defaults.
func (s Schedules) Forwarding() (Schedule, time.Duration) {
	if len(s.Forward) == 0 || s.ForwardFor <= 0 {
		s = DefaultSchedules()
	}
	return s.Forward, s.ForwardFor.Std()
}

// defaultExpect returns how long a long wait is expected to last: a quarter of a day costs
// four calls a day.
func defaultExpect() map[Wait]Duration {
	return map[Wait]Duration{
		WaitMerchant: Duration(6 * time.Hour), WaitCertification: Duration(6 * time.Hour), WaitAudit: Duration(6 * time.Hour),
		WaitChange: Duration(6 * time.Hour), WaitRelease: Duration(10 * time.Minute),
	}
}

// Expected returns how long a long wait is expected to last.
func (s Schedules) Expected(wait Wait) time.Duration {
	if expected, set := s.Expect[wait]; set {
		return expected.Std()
	}
	return defaultExpect()[wait].Std()
}

// Floors below which dividing by a speed does not go: a poll that is faster only
// costs time, and a watchdog that is faster escalates at every load.
const (
	pollFloor     = 250 * time.Millisecond
	watchdogFloor = 2 * time.Minute
	waitFloor     = 10 * time.Second
)

// Divide returns every wait divided by speed, so that the standalone shows in a minute what takes
// Alipay days.
func (s Schedules) Divide(speed float64) Schedules {
	for _, schedule := range []*Schedule{
		&s.Confirm, &s.Certification, &s.Build, &s.Scan, &s.Audit, &s.Release,
		&s.Settled, &s.Agree, &s.Busy, &s.Again, &s.Authorization, &s.Locate, &s.Forward,
	} {
		*schedule = schedule.Divide(speed, pollFloor)
	}
	for _, wait := range []*Duration{&s.AgreeFor, &s.LocateFor, &s.ForwardFor, &s.Unclaimed, &s.DeadFor} {
		*wait = Duration(divide(wait.Std(), speed, waitFloor))
	}
	s.BasePassGrace = Duration(divide(s.BasePassGrace.Std(), speed, time.Second))
	watchdogs := make(map[Stage]Duration, len(s.Watchdogs))
	for _, stage := range Stages() {
		if after, ok := s.Watchdogs[stage]; ok {
			watchdogs[stage] = Duration(divide(after.Std(), speed, watchdogFloor))
		}
	}
	s.Watchdogs = watchdogs
	expect := make(map[Wait]Duration, len(s.Expect))
	for _, wait := range Waits() {
		if expected, ok := s.Expect[wait]; ok {
			expect[wait] = Duration(divide(expected.Std(), speed, time.Second))
		}
	}
	s.Expect = expect
	return s
}
