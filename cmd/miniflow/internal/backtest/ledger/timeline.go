package ledger

import "slices"

// Fate is what became of a message, for the picture.
type Fate int

const (
	// FateTaken is the first delivery of a message, in its order.
	FateTaken Fate = iota
	// FateRepeated is another delivery of the same message.
	FateRepeated
	// FateOutOfOrder is a message that came after a later one of its order.
	FateOutOfOrder
	// FateConflicting has the id of another message.
	FateConflicting
	// FateLost is a message that the old handler never had, or never accepted.
	FateLost
	// FateRefused is one that does not verify.
	FateRefused

	// Fates is how many there are.
	Fates = int(FateRefused) + 1
)

// Counts are messages by fate.
type Counts [Fates]int

const (
	hour    = 3_600_000 // milliseconds
	maxHour = 100_000   // eleven years of a log; a message of another century stands at the end
)

// Timeline counts messages by the hour and fate.
type Timeline map[int64]*Counts

func (t Timeline) add(at int64, fate Fate, n int) {
	counts := t[at/hour]
	if counts == nil {
		if len(t) >= maxHour {
			return
		}
		counts = &Counts{}
		t[at/hour] = counts
	}
	counts[fate] += n
}

// Bucket is a part of the time, from At on.
type Bucket struct {
	At     int64 // Unix milliseconds
	Counts Counts
}

// Buckets divides the time from the first message to the last into at most n parts of whole hours.
// What has no time is left out.
func (t Timeline) Buckets(n int) (buckets []Bucket, hours int64) {
	var keys []int64
	for key := range t {
		if key > 0 {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, 0
	}
	first, last := slices.Min(keys), slices.Max(keys)
	hours = (last-first)/int64(n) + 1
	buckets = make([]Bucket, (last-first)/hours+1)
	for i := range buckets {
		buckets[i].At = (first + int64(i)*hours) * hour
	}
	for _, key := range keys {
		for fate, count := range t[key] {
			buckets[(key-first)/hours].Counts[fate] += count
		}
	}
	return buckets, hours
}
