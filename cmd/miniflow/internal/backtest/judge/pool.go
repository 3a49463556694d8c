package judge

import (
	"context"
	"hash/maphash"
	"runtime"
	"sync"
	"time"

	"miniflow/alipay/notify"
	"miniflow/cmd/miniflow/internal/backtest/logs"
	"miniflow/ingress/door"
)

// Batch is some results, one a line, in the order of the log.
type Batch struct {
	*logs.Batch
	Results []Result
	done    chan struct{}
}

// Judge verifies logs. The keys are fixed.
type Judge struct {
	verifier *verifier
	seed     maphash.Seed
	workers  int
}

// New returns a judge, or the error of a wrong key.
func New(apps []notify.App) (*Judge, error) {
	v, err := newVerifier(apps)
	return &Judge{verifier: v, seed: maphash.MakeSeed(), workers: runtime.GOMAXPROCS(0)}, err
}

// Each gives the results of a source to take, batch by batch in the order of the lines, which take
// must not keep. It returns when all was taken, with the source's error.
func (j *Judge) Each(ctx context.Context, source *logs.Source, take func(*Batch)) error {
	// As many batches as keep every worker busy while one is taken; there are never more.
	free := make(chan *Batch, 4*j.workers)
	for range cap(free) {
		free <- &Batch{Batch: &logs.Batch{}}
	}
	work, inOrder := make(chan *Batch, cap(free)), make(chan *Batch, cap(free))
	var workers sync.WaitGroup
	for range j.workers {
		workers.Go(func() { j.work(work) })
	}
	var failed error
	workers.Go(func() {
		var current *Batch
		failed = source.Each(ctx, func() *logs.Batch {
			current = <-free
			current.Reset()
			current.done = make(chan struct{})
			return current.Batch
		}, func(*logs.Batch) {
			inOrder <- current
			work <- current
		})
		close(work)
		close(inOrder)
	})
	for batch := range inOrder {
		<-batch.done
		take(batch)
		free <- batch
	}
	workers.Wait()
	return failed
}

func (j *Judge) work(from <-chan *Batch) {
	// A result has no time of arrival, so the clock is not asked.
	never := func() time.Time { return time.Time{} }
	r := reader{verifier: j.verifier, words: door.NewTranslator(nothing{}, never), seed: j.seed}
	for batch := range from {
		batch.Results = batch.Results[:0]
		for i := range batch.Len() {
			batch.Results = append(batch.Results, r.read(batch.Line(i)))
		}
		close(batch.done)
	}
}
