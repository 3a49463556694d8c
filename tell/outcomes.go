package tell

import "time"

// Postponed notes that an order was not told of for no reason of its own.
func (b *Book) Postponed(job *Job, until time.Time) { job.busy, job.Next = false, until }

// Unasked notes that an order could not be asked for its events, which says nothing about the target.
// One that can't be for longer is listed among those that are tried again: it would keep the moment
// up to which all was told from going on, and the next run would tell all others again from there.
func (b *Book) Unasked(job *Job, reason string, again, now time.Time) {
	if now.Sub(job.ChangedAt) > b.settings.Keep {
		b.Lost(job, reason, now)
		return
	}
	b.Postponed(job, again)
	if job.unasked++; job.unasked >= asksBefore && job.Reason == "" && len(b.refused) < mostWaiting {
		b.remove(job)
		job.Reason = reason
		b.add(job)
	}
}

// asksBefore is how often an order is asked before it is listed.
const asksBefore = 3

// Lost notes that an order can't be asked any more.
func (b *Book) Lost(job *Job, reason string, now time.Time) {
	b.remove(job)
	b.bury(job, job.ChangedAt, reason, now)
}

func (b *Book) bury(job *Job, until time.Time, reason string, now time.Time) {
	b.state.bury(Dead{OutOrderNo: job.OutOrderNo, Since: job.Since, Until: until, At: now, Reason: reason})
	b.told[job.OutOrderNo] = until
	if job.ChangedAt.After(until) {
		b.add(&Job{Waiting: Waiting{OutOrderNo: job.OutOrderNo, ChangedAt: job.ChangedAt, Since: until}})
	}
}

// Disable stops all posts.
func (b *Book) Disable(job *Job, target, reason string, now time.Time) {
	job.busy = false
	b.state.Disabled = &Disabled{At: now, Target: target, Reason: reason}
	b.state.Refused++
	b.state.LastRefused, b.state.LastReason = now, reason
}
