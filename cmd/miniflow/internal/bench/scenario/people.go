package scenario

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"miniflow/cmd/internal/remote"
	"miniflow/cmd/miniflow/internal/bench/load"
	"miniflow/cmd/miniflow/internal/bench/measure"
	"miniflow/cmd/miniflow/internal/bench/report"
	"miniflow/cmd/miniflow/internal/bench/system"
)

const (
	// thinks is how long somebody looks at a page before the next.
	thinks = time.Second
	// countedOften is how often each page is opened for the count of its requests.
	countedOften = 9
	// settles is until after an answer what it has set off is over.
	settles = 300 * time.Millisecond
)

// people look at the console.
type people struct {
	*bench
	browser *system.Console
	pages   []page
}

// first opens each page once, when nobody has looked at anything yet. A page that this system does not
// have, such as that of an audit log which is not kept, is left out.
func (p *people) first(ctx context.Context) error {
	var there []page
	for _, page := range p.pages {
		begun := time.Now()
		err := p.browser.Open(ctx, page.path(0))
		if errors.Is(err, system.ErrNoPage) {
			p.say("there is no page %s", page.name)
			continue
		}
		if err != nil {
			return err
		}
		there = append(there, page)
		p.round.Add("console."+page.name+".first", "ms", milliseconds(time.Since(begun)))
	}
	p.pages = there
	return nil
}

// beside has them look at all pages in turn while messages come, and notes how long pages took and what
// Temporal was asked for lists and counts meanwhile.
func (p *people) beside(ctx context.Context, door *doorLoad) error {
	during := looked * p.For
	p.say("%d people look for %v, beside %d messages a second", p.People, during, messagesBeside)
	before, err := p.Requests(ctx)
	if err != nil {
		return err
	}
	took := make([]*load.Result, len(p.pages))
	for i := range took {
		took[i] = load.NewResult()
	}
	var group sync.WaitGroup
	end := time.Now().Add(during)
	for who := range p.People {
		group.Go(func() { p.look(ctx, who, end, took) })
	}
	messages, err := door.open(ctx, load.Schedule{Rate: messagesBeside, For: during})
	group.Wait()
	if err != nil {
		return err
	}
	after, err := p.Requests(ctx)
	if err != nil {
		return err
	}
	for i, page := range p.pages {
		p.times("console."+page.name, took[i])
	}
	p.times("console.notification", messages)
	p.round.Add("console.visibility", "/s", visibility(after.Since(before))/during.Seconds())
	return errors.Join(ctx.Err(), messages.Err)
}

// look opens one page after the other; each person begins at another one.
func (p *people) look(ctx context.Context, who int, end time.Time, took []*load.Result) {
	for i := who * len(p.pages) / p.People; time.Now().Before(end); i++ {
		at := i % len(p.pages)
		begun := time.Now()
		err := p.browser.Open(ctx, p.pages[at].path(i*p.People+who))
		took[at].Record(time.Since(begun), err)
		if remote.Pause(ctx, thinks) != nil {
			return
		}
	}
}

// times notes half, nineteen in twenty, and the longest.
func (p *people) times(name string, result *load.Result) {
	if result.Refused > 0 {
		p.round.Add(name+".refused", "", float64(result.Refused))
		p.say("%s: %d of %d were refused, such as: %v", name, result.Refused, result.Refused+result.Accepted, result.Err)
	}
	line := report.Line{Name: name}
	for _, percentile := range load.Percentiles() {
		line.Points = append(line.Points, report.Point{Percentile: percentile, Milliseconds: milliseconds(result.Percentile(percentile))})
	}
	p.round.Lines = append(p.round.Lines, line)
	p.round.Add(name+".p50", "ms", milliseconds(result.Percentile(50)))
	p.round.Add(name+".p95", "ms", milliseconds(result.Percentile(95)))
	p.round.Add(name+".max", "ms", milliseconds(result.Percentile(100)))
}

// count opens each page by itself and notes what it asks Temporal, what the system asks meanwhile by
// itself taken off: the median, since what is asked behind a page falls to whichever page is open then.
func (p *people) count(ctx context.Context) error {
	idling, err := p.asked(ctx, p.Idle, func() error { return nil })
	if err != nil {
		return err
	}
	for _, page := range p.pages {
		var all, lists []float64
		for i := range countedOften {
			asked, err := p.asked(ctx, settles, func() error { return p.browser.Open(ctx, page.path(i)) })
			if err != nil {
				return err
			}
			own := asked.requests.Without(idling.requests, float64(asked.lasted)/float64(idling.lasted))
			all, lists = append(all, own.Total()), append(lists, visibility(own))
		}
		p.round.Add("console."+page.name+".requests", "", math.Round(report.Median(all)))
		p.round.Add("console."+page.name+".requests.visibility", "", math.Round(report.Median(lists)))
	}
	return nil
}

// asked is what Temporal was asked during something and for a while after it.
func (p *people) asked(ctx context.Context, after time.Duration, during func() error) (spending, error) {
	before, err := p.Requests(ctx)
	if err != nil {
		return spending{}, err
	}
	begun := time.Now()
	if err := errors.Join(during(), remote.Pause(ctx, after)); err != nil {
		return spending{}, err
	}
	now, err := p.Requests(ctx)
	return spending{use{requests: now.Since(before)}, time.Since(begun)}, err
}

// visibility are the requests of which Temporal takes ten a second for a namespace unless told otherwise.
func visibility(asked measure.Requests) float64 {
	return asked["ListWorkflowExecutions"] + asked["CountWorkflowExecutions"]
}
