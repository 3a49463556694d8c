package rules

import "testing"

func TestTextLengthCountsChineseTwice(t *testing.T) {
	for text, want := range map[string]int{"": 0, "abc": 3, "中文": 4, "a中": 3, "，。": 4, "é": 1, "ＡＢ": 4} {
		if got := textLength(text); got != want {
			t.Errorf("%q counts %d, want %d", text, got, want)
		}
	}
}
