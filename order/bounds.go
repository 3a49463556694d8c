package order

import "unicode/utf8"

// Limits on what an order may carry, so that its state stays far below the two
// MiB at which Temporal would wedge its workflow.
const (
	// MaxCreateBytes bounds the create block of a request, in bytes of JSON.
	MaxCreateBytes = 16 << 10
	// MaxSubmissionBytes bounds the submission block, in bytes of JSON.
	MaxSubmissionBytes = 32 << 10
	// MaxExtBytes bounds version.ext, in bytes of JSON.
	MaxExtBytes = 32 << 10
	// MaxLayers bounds the layers of one block: what came with the request, and its
	// corrections by command.
	MaxLayers = 12
	// MaxCreateLayers and MaxSubmissionLayers bound a block's layers together, sealed,
	// in bytes: two of the largest, or many small ones.
	MaxCreateLayers     = 44 << 10
	MaxSubmissionLayers = 88 << 10
)

// MaxInstructionReason bounds a person's words, in bytes.
const MaxInstructionReason = 300

// Bounds on the reasons of one attempt that a workflow keeps.
const (
	// MaxReasonBytes bounds their text and image addresses together, in bytes of JSON.
	MaxReasonBytes = 4 << 10
	// MaxReasons bounds their number, and the images of each.
	MaxReasons = 32
)

// CutReasons returns as much of reasons as fits in [MaxReasonBytes] and
// [MaxReasons], and whether something was cut. Text is cut between runes.
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

// jsonBytes is what a text takes as JSON, without its quotes.
func jsonBytes(text string) int {
	total := 0
	for i, r := range text {
		total += jsonWidth(r, text[i:])
	}
	return total
}

// jsonWidth is what the rune at the start of rest takes as JSON, as encoding/json writes it.
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

// runeLength is how many bytes of rest its first rune takes; a byte that is not text takes one.
func runeLength(r rune, rest string) int {
	if r == utf8.RuneError {
		_, length := utf8.DecodeRuneInString(rest)
		return length
	}
	return utf8.RuneLen(r)
}
