package synth

import (
	"io"
	"math/rand/v2"
	"runtime"
	"sync"
)

// Log is a log that is still to be written.
type Log struct {
	Lines int
	Seed  uint64
	// Noise and Forgeries are one of how many lines; 0 is a log without.
	Noise, Forgeries int
}

// open is how many orders are under way at a time.
const open = 64

// chunk is how many lines are signed together.
const chunk = 4096

// Write writes the log and returns what is in it, and the key that verifies what is genuine.
func (l Log) Write(to io.Writer) (Truth, *Key, error) {
	chance := rand.New(rand.NewPCG(l.Seed, 1)) //nolint:gosec // a log has to be the same again
	key, other := NewKey(chance), NewKey(chance)
	truth := Truth{Lost: map[string][]string{}}
	t := &teller{chance: chance, seed: l.Seed, truth: &truth}
	var waiting []line
	var failed error
	flush := func() {
		for _, text := range texts(waiting, key, other) {
			if failed == nil {
				_, failed = to.Write(append(text, '\n'))
			}
		}
		waiting = waiting[:0]
	}
	l.each(t, func(one line) {
		one.number = truth.Lines
		truth.Lines++
		if waiting = append(waiting, one); len(waiting) == chunk {
			flush()
		}
	})
	flush()
	return truth, key, failed
}

// each mixes the lines of the orders under way, with lines of others between. No order is begun that
// would not end within the log.
func (l Log) each(t *teller, emit func(line)) {
	var running [][]line
	left, owed := l.Lines, 0
	for left > 0 {
		for len(running) < open && left-owed > 16 {
			story := t.next()
			running = append(running, story)
			owed += len(story)
		}
		switch free := left > owed; {
		case free && l.Forgeries > 0 && t.chance.IntN(l.Forgeries) == 0:
			emit(t.forged())
		case len(running) == 0, free && l.Noise > 0 && t.chance.IntN(l.Noise) == 0:
			t.truth.Skipped++
			emit(line{})
		default:
			at := t.chance.IntN(len(running))
			emit(running[at][0])
			owed--
			if running[at] = running[at][1:]; len(running[at]) == 0 {
				running[at] = running[len(running)-1]
				running = running[:len(running)-1]
			}
		}
		left--
	}
}

// texts signs and writes lines on every core.
func texts(lines []line, key, other *Key) [][]byte {
	written := make([][]byte, len(lines))
	var workers sync.WaitGroup
	for first := range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := first; i < len(lines); i += runtime.GOMAXPROCS(0) {
				written[i] = lines[i].write(key, other)
			}
		})
	}
	workers.Wait()
	return written
}
