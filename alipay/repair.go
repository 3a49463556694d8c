package alipay

// Repair says what was done to a verified content so that it could be read. It
// touches text alone: names, brackets and numbers are read as they came or not at
// all.
type Repair string

// The repairs. Those that lose something leave U+FFFD in its place.
const (
	RepairCharset   Repair = "charset"   // bytes that mean nothing in the charset became U+FFFD
	RepairControls  Repair = "controls"  // line breaks, tabs and other control characters stood raw in a text
	RepairEscapes   Repair = "escapes"   // a backslash that escapes nothing stood in a text
	RepairSurrogate Repair = "surrogate" // half of a character became U+FFFD
)

// Repairs lists every repair.
func Repairs() []Repair {
	return []Repair{RepairCharset, RepairControls, RepairEscapes, RepairSurrogate}
}

// Says puts the repair into words.
func (r Repair) Says() string {
	switch r {
	case RepairCharset:
		return "bytes that fit no charset are shown as \ufffd"
	case RepairControls:
		return "a text has raw line breaks or tabs"
	case RepairEscapes:
		return "a text has stray backslashes"
	case RepairSurrogate:
		return "half a character is shown as \ufffd"
	default:
		return string(r)
	}
}
