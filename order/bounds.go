package order

import (
	"unicode/utf8"

	"miniflow/words"
)

// Limits on what an order may carry, so that its state stays far below the two
// MiB at which Temporal would wedge its workflow.
const (
	// MaxCreateBytes, like the two after it, counts bytes of JSON; sealed, a block is a third
	// longer.
	MaxCreateBytes     = 16 << 10
	MaxSubmissionBytes = 32 << 10
	MaxExtBytes        = 32 << 10
	// MaxLayers bounds the layers of one block: what came with the request, and its corrections by
	// command. Without it a client that repeats provide-input would grow the order for ever.
	MaxLayers = 12
	// MaxCreateLayers and MaxSubmissionLayers bound a block's layers together, sealed,
	// in bytes: two of the largest, or many small ones.
	MaxCreateLayers     = 44 << 10
	MaxSubmissionLayers = 88 << 10
)

// MaxInstructionReason bounds a person's words, in bytes, since a workflow keeps them with its
// state.
const MaxInstructionReason = 300

// MaxAddress bounds an address of Alipay's that a workflow keeps, in bytes.
const MaxAddress = 2 << 10

// Bounds on the reasons of one attempt that a workflow keeps; Alipay publishes none.
const (
	// MaxReasonBytes bounds their text and image addresses together, in bytes of JSON.
	MaxReasonBytes = 4 << 10
	// MaxReasons bounds their number, and the images of each: a thousand empty ones would fit in
	// the bytes.
	MaxReasons = 32
)

// CutReasons returns as much of reasons as fits in [MaxReasonBytes] and [MaxReasons], and whether
// something was cut. Text is cut between runes: half a rune would not survive JSON.
func CutReasons(reasons []Reason) ([]Reason, bool) {
	left, cut := MaxReasonBytes, false
	kept := make([]Reason, 0, min(len(reasons), MaxReasons))
	for _, reason := range reasons {
		if left <= 0 || len(kept) == MaxReasons {
			return kept, true
		}
		short := Reason{Part: reason.Part, Memo: CutText(reason.Memo, left), Images: []string{}}
		cut = cut || short.Memo != reason.Memo
		left -= jsonBytes(short.Memo)
		for _, image := range reason.Images {
			if jsonBytes(image) > left || len(short.Images) == MaxReasons {
				cut = true
				break
			}
			short.Images = append(short.Images, image)
			left -= jsonBytes(image)
		}
		kept = append(kept, short)
	}
	return kept, cut
}

// CutText returns as much of text as takes limit bytes in JSON, cut between runes
// and marked with "…" where cut. What has to stay small is kept as JSON, where
// some characters take six bytes.
func CutText(text string, limit int) string {
	if jsonBytes(text) <= limit {
		return text
	}
	const mark = "…"
	end, left := 0, limit-len(mark)
	for i, r := range text {
		if left -= jsonWidth(r, text[i:]); left < 0 {
			break
		}
		end = i + runeLength(r, text[i:])
	}
	return text[:end] + mark
}

// CutWords bounds the words of somebody's own in a text, together, the same way. Its codes are ours,
// and short.
func CutWords(text words.Text, limit int) words.Text {
	return text.Map(func(own string) string {
		own = CutText(own, max(limit, len("…")))
		limit -= jsonBytes(own)
		return own
	})
}

func jsonBytes(text string) int {
	total := 0
	for i, r := range text {
		total += jsonWidth(r, text[i:])
	}
	return total
}

// jsonWidth counts as encoding/json writes, which escapes HTML's characters, so that a bound holds
// for what is really stored.
func jsonWidth(r rune, rest string) int {
	const escaped, quoted = 6, 2
	length := runeLength(r, rest)
	switch {
	case r == '"' || r == '\\' || r == '\n' || r == '\r' || r == '\t' || r == '\b' || r == '\f':
		return quoted
	case r < ' ', r == '<', r == '>', r == '&', r == '\u2028', r == '\u2029', r == utf8.RuneError && length == 1:
		return escaped
	}
	return length
}

// runeLength counts one byte for what is not text: a RuneError of the text itself takes three.
func runeLength(r rune, rest string) int {
	if r == utf8.RuneError {
		_, length := utf8.DecodeRuneInString(rest)
		return length
	}
	return utf8.RuneLen(r)
}
