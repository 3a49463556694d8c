package chart

// Group is one figure: bars of one unit, each as long as its share of the longest.
type Group struct {
	Title string
	Bars  []Bar
}

// Bar is one value, with its words before and behind it.
type Bar struct {
	Label string
	Kind  Kind
	Value float64
	Text  string
}

// The layout of bars, in pixels.
const (
	margin, headHeight     = 24.0, 64.0
	barHeight, barGap      = 18.0, 6.0
	groupHead, groupGap    = 22.0, 14.0
	labelWidth, valueWidth = 150.0, 190.0
)

// Bars draws groups of bars below each other. Each group has a scale of its own, because their
// units differ.
func Bars(title, note string, groups []Group) []byte {
	p := &picture{}
	p.text(margin, 30, "title", "start", title)
	p.text(margin, 50, "faint", "start", note)
	y := headHeight
	for _, group := range groups {
		longest := 0.0
		for _, bar := range group.Bars {
			longest = max(longest, bar.Value)
		}
		p.text(margin, y+14, "", "start", group.Title)
		y += groupHead
		for _, bar := range group.Bars {
			length := 1.0 // a value of nothing is seen too
			if longest > 0 {
				length = max(length, (width-2*margin-labelWidth-valueWidth)*bar.Value/longest)
			}
			p.text(margin+labelWidth-10, y+13, "faint", "end", bar.Label)
			p.rect(margin+labelWidth, y, length, barHeight, string(bar.Kind))
			p.text(margin+labelWidth+length+8, y+13, "", "start", bar.Text)
			y += barHeight + barGap
		}
		y += groupGap
	}
	return p.frame(title, y+margin/2)
}
