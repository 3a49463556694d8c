package order

import "time"

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
	// Experience paces the polls of the packaging of a version that people try out.
	Experience Schedule `json:"experience,omitzero"`
	Audit      Schedule `json:"audit"`
	Release    Schedule `json:"release"`
	// Settled paces the look at a version whose audit is over and that waits for a person:
	// rejected, base-passed. The console can still change it.
	Settled Schedule `json:"settled"`
	// Filing paces the look at an ICP filing, which takes days or weeks.
	Filing Schedule `json:"filing,omitempty"`
	Agree  Schedule `json:"agree"`
	Busy   Schedule `json:"busy"`
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

	// Expected is how long each long wait takes as a rule: a Sweep asks about an order first when
	// it has waited that long, and while messages arrive no more than once in each such time
	// again. Those of WaitChange, WaitRelease and WaitFiling are Settled's, Release's and Filing's, see [Schedules.Expect].
	Expected map[Wait]Duration `json:"expected,omitempty"`
	// Sweep is the time from one pass of a Sweep to the next.
	Sweep Duration `json:"sweep,omitzero"`
	// LateAfter is how long after its fact a message still counts as told in time.
	LateAfter Duration `json:"late_after,omitzero"`

	// Remind paces the reminders of what a merchant is asked for, until the merchant has done it; a
	// schedule that counts to its end ends with its last reminder. An order that began before there
	// were reminders has none.
	Remind Schedule `json:"remind,omitzero"`
	// InviteAfter is how long an order waits for the merchant's authorisation before it asks Alipay for
	// an invitation as well: by then Alipay sends no message any more. Zero, which an order has that
	// began before there were invitations, asks for none.
	InviteAfter Duration `json:"invite_after,omitzero"`
	// LostFor is how long a lost authorisation is waited for; then the order ends, since another
	// service provider may have the mini program for good. Zero, which an order has that began before
	// there was such an end, waits for ever.
	LostFor Duration `json:"lost_for,omitzero"`
	// Watch is how often it is asked what each mini program has online: Alipay says of nothing that it
	// took it down, and of nothing that others do. Zero never asks.
	Watch Duration `json:"watch,omitzero"`
	// LimitedFor is how long Alipay leaves a limited release online, from which the warnings count back.
	LimitedFor Duration `json:"limited_for,omitzero"`
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
		Scan:       Schedule{{15 * time.Second, 8}, {2 * time.Minute, 0}},
		Experience: Schedule{{5 * time.Second, 6}, {15 * time.Second, 6}, {time.Minute, 0}},
		Audit:      Schedule{{30 * time.Minute, 96}, {time.Hour, 0}},
		Release:    Schedule{{time.Minute, 10}, {10 * time.Minute, 0}},
		Settled:    Schedule{{6 * time.Hour, 0}}, Filing: Schedule{{6 * time.Hour, 0}},
		Agree: Schedule{{time.Second, 1}, {2 * time.Second, 1}, {5 * time.Second, 1}, {10 * time.Second, 0}},
		Busy:  Schedule{{time.Minute, 3}, {10 * time.Minute, 6}, {30 * time.Minute, 0}},
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
		Expected: map[Wait]Duration{
			WaitMerchant: Duration(defaultExpected), WaitCertification: Duration(defaultExpected), WaitAudit: Duration(defaultExpected),
		},
		Sweep:     Duration(10 * time.Minute),
		LateAfter: Duration(5 * time.Minute),
		Remind:    Schedule{{day, 3}},

		InviteAfter: Duration(26 * time.Hour), LostFor: Duration(90 * day), LimitedFor: Duration(defaultLimitedFor), Watch: Duration(day),
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

// Packaging returns how the packaging of an experience version is asked about. An order that was started
// before there were experience versions gets the default.
func (s Schedules) Packaging() Schedule {
	if len(s.Experience) == 0 {
		return DefaultSchedules().Experience
	}
	return s.Experience
}

// Floors below which dividing by a speed does not go: a poll that is faster only
// costs time, and a watchdog that is faster escalates at every load.
const (
	pollFloor     = time.Second
	watchdogFloor = 2 * time.Minute
	waitFloor     = 10 * time.Second
	sweepFloor    = time.Second
)

// Divide returns every wait divided by speed, so that the standalone shows in a minute what takes
// Alipay days.
func (s Schedules) Divide(speed float64) Schedules {
	for _, schedule := range []*Schedule{
		&s.Confirm, &s.Certification, &s.Build, &s.Scan, &s.Experience, &s.Audit, &s.Release,
		&s.Settled, &s.Filing, &s.Agree, &s.Busy, &s.Again, &s.Authorization, &s.Locate, &s.Forward,
	} {
		*schedule = schedule.Divide(speed, pollFloor)
	}
	for _, wait := range []*Duration{&s.AgreeFor, &s.LocateFor, &s.ForwardFor, &s.Unclaimed, &s.DeadFor, &s.LateAfter} {
		*wait = Duration(divide(wait.Std(), speed, waitFloor))
	}
	s.Remind = s.Remind.Divide(speed, watchdogFloor) // the demonstrations end before
	s.InviteAfter = Duration(divide(s.InviteAfter.Std(), speed, watchdogFloor))
	s.LimitedFor = Duration(divide(s.LimitedFor.Std(), speed, watchdogFloor))
	s.LostFor = Duration(divide(s.LostFor.Std(), speed, watchdogFloor))
	s.Watch = Duration(divide(s.Watch.Std(), speed, watchdogFloor))
	s.BasePassGrace = Duration(divide(s.BasePassGrace.Std(), speed, time.Second))
	s.Sweep = Duration(divide(s.Sweep.Std(), speed, sweepFloor))
	expected := make(map[Wait]Duration, len(s.Expected))
	for wait, takes := range s.Expected {
		expected[wait] = Duration(divide(takes.Std(), speed, sweepFloor))
	}
	s.Expected = expected
	watchdogs := make(map[Stage]Duration, len(s.Watchdogs))
	for _, stage := range Stages() {
		if after, ok := s.Watchdogs[stage]; ok {
			watchdogs[stage] = Duration(divide(after.Std(), speed, watchdogFloor))
		}
	}
	s.Watchdogs = watchdogs
	return s
}
