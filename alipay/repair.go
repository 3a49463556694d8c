package alipay

// Repair is what was done to a verified content so that it could be read. Repairs touch only
// text: a changed name, bracket or number could change what the message means.
type Repair string

// The repairs. Those that lose information leave U+FFFD in its place.
const (
	RepairCharset   Repair = "charset"   // bytes without a meaning in the charset became U+FFFD
	RepairControls  Repair = "controls"  // line breaks, tabs and other control characters stood raw in a text
	RepairEscapes   Repair = "escapes"   // a backslash that escapes nothing stood in a text
	RepairSurrogate Repair = "surrogate" // half of a character became U+FFFD
)

// Repairs returns every repair.
func Repairs() []Repair {
	return []Repair{RepairCharset, RepairControls, RepairEscapes, RepairSurrogate}
}

// Says returns the repair in words, for logs and the API.
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
