package console

// The plot of days, in units of its own view box.
const (
	plotWidth  = 560
	plotHeight = 140
	plotFoot   = 18
)

// plot is the fourteen days as bars, three beside each other for each day.
type plot struct {
	Width, Height int
	Bars          []bar
	Labels        []label
	Top           int64
}

type bar struct {
	X, Y, Width, Height float64
	Kind                string
	Count               int64
	Day                 string
}

type label struct {
	X    float64
	Text string
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
			height := float64(plotHeight-plotFoot-8) * float64(kind.count) / float64(p.Top)
			p.Bars = append(p.Bars, bar{left + float64(j)*width, plotHeight - plotFoot - height, width - 1, height, kind.name, kind.count, one.Day})
		}
		if len(one.Day) == len("2006-01-02") && i%2 == 1 {
			p.Labels = append(p.Labels, label{left + 1.5*width, one.Day[len("2006-"):]})
		}
	}
	return p
}
