package alipay

// Repair is what was done to a verified content so that it could be read. Repairs touch only
// text: a changed name, bracket or number could change what the message means.
type Repair string

// The repairs. Those that lose information leave U+FFFD in its place, so that a person sees
// it.
const (
	RepairCharset   Repair = "charset"  // bytes without a meaning in the charset became U+FFFD
	RepairControls  Repair = "controls" // raw line breaks, tabs and other control characters in a text
	RepairEscapes   Repair = "escapes"
	RepairSurrogate Repair = "surrogate" // half of a character became U+FFFD
)

// Repairs returns every repair, so that one without words fails a test and doesn't reach a
// person as a code.
func Repairs() []Repair {
	return []Repair{RepairCharset, RepairControls, RepairEscapes, RepairSurrogate}
}

// Says returns the repair in words, because logs and the API show them to people.
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
