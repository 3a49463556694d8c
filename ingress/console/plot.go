package console

// The plot of days, in units of its own view box, which a page stretches to its own width.
const (
	plotWidth  = 560
	plotHeight = 120
)

// plot is the fourteen days as bars, three beside each other for each day.
type plot struct {
	Width, Height int
	Bars          []bar
	Top           int64
	// First and Last are the days at its ends.
	First, Last string
}

type bar struct {
	X, Y, Width, Height float64
	Kind                string
	Count               int64
	Day                 string
}

// plotOf lays the days out. The highest bar reaches the top.
func plotOf(days []day) plot {
	p := plot{Width: plotWidth, Height: plotHeight, Top: 1}
	for _, one := range days {
		p.Top = max(p.Top, one.Begun, one.Online, one.Rejected)
	}
	slot := float64(plotWidth) / float64(max(1, len(days)))
	width := slot / 4
	for i, one := range days {
		left := float64(i)*slot + width/2
		for j, kind := range []struct {
			name  string
			count int64
		}{{"begun", one.Begun}, {"online", one.Online}, {"rejected", one.Rejected}} {
			height := (plotHeight - 1) * float64(kind.count) / float64(p.Top)
			p.Bars = append(p.Bars, bar{left + float64(j)*width, plotHeight - 1 - height, width - 1, height, kind.name, kind.count, one.Day})
		}
		if i == 0 {
			p.First = one.Day
		}
		p.Last = one.Day
	}
	return p
}
