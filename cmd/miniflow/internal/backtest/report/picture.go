package report

import "fmt"

// The layout of the picture, in pixels.
const (
	pictureWidth, pictureHeight = 960, 300
	plotLeft, plotTop           = 64, 16
	plotWidth, plotHeight       = pictureWidth - plotLeft - 16, 210
)

// fate is a colour of the picture with its meaning.
type fate struct {
	Class, Label string
	of           func(*Bucket) int
}

// fates are in the order in which they are stacked, from below: what is wrong is on top.
func fates() []fate {
	return []fate{
		{"taken", "the first delivery, in order", func(b *Bucket) int { return b.Taken }},
		{"repeated", "repeated", func(b *Bucket) int { return b.Repeated }},
		{"unordered", "out of order", func(b *Bucket) int { return b.OutOfOrder }},
		{"conflicting", "conflicting", func(b *Bucket) int { return b.Conflicting }},
		{"lost", "lost", func(b *Bucket) int { return b.Lost }},
		{"refused", "not verified", func(b *Bucket) int { return b.Refused }},
	}
}

// rect is a part of a bar.
type rect struct {
	X, Y, W, H string
	Class, Tip string
}

// label is a text in the picture.
type label struct {
	X, Y         string
	Anchor, Text string
}

// picture is what the page's template draws.
type picture struct {
	Width, Height int
	Rects         []rect
	Labels        []label
	Legend        []fate
	Scale         string
}

// picture stacks the messages of each part of the time by what became of them.
func (r *Report) picture() *picture {
	p := &picture{Width: pictureWidth, Height: pictureHeight, Legend: fates()}
	highest := 0
	for i := range r.Timeline {
		highest = max(highest, total(&r.Timeline[i]))
	}
	if highest == 0 {
		return nil
	}
	p.Scale = fmt.Sprintf("messages in %d h", r.hours)
	step := float64(plotWidth) / float64(len(r.Timeline))
	for i := range r.Timeline {
		p.bar(&r.Timeline[i], plotLeft+step*float64(i), max(1, step-2), highest)
	}
	p.label(plotLeft-8, plotTop+10, "end", fmt.Sprint(highest))
	p.label(plotLeft-8, plotTop+plotHeight, "end", "0")
	first, last := r.Timeline[0].From, r.Timeline[len(r.Timeline)-1].From
	p.label(plotLeft, plotTop+plotHeight+20, "start", first.Format("2006-01-02 15:04 UTC"))
	if len(r.Timeline) > 1 {
		p.label(plotLeft+plotWidth, plotTop+plotHeight+20, "end", last.Format("2006-01-02 15:04 UTC"))
	}
	return p
}

func total(b *Bucket) (n int) {
	for _, one := range fates() {
		n += one.of(b)
	}
	return n
}

// bar draws one part of the time. What is not nothing is seen, however little it is of the whole.
func (p *picture) bar(b *Bucket, x, width float64, highest int) {
	y := float64(plotTop + plotHeight)
	for _, one := range fates() {
		n := one.of(b)
		if n <= 0 {
			continue
		}
		height := max(1.5, float64(plotHeight)*float64(n)/float64(highest))
		y -= height
		p.Rects = append(p.Rects, rect{pixels(x), pixels(y), pixels(width), pixels(height), one.Class,
			fmt.Sprintf("%s: %d %s", b.From.Format("2006-01-02 15:04 UTC"), n, one.Label)})
	}
}

func (p *picture) label(x, y float64, anchor, text string) {
	p.Labels = append(p.Labels, label{pixels(x), pixels(y), anchor, text})
}

func pixels(n float64) string { return fmt.Sprintf("%.1f", n) }
