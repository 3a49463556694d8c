package words

import "strings"

// Pattern returns a sentence of the command line as a format of package fmt in a language, by its
// English; a single word, or a name that stands before a value, is found among the labels. What the
// catalogue does not have is returned as it is: a layout, or somebody's own words.
func Pattern(language Language, english string) string {
	if language != Chinese {
		return english
	}
	for _, key := range []string{english, labels + english} {
		if said, known := catalogue()[key]; known {
			return said.chinese
		}
	}
	return english
}

// Translated says in a language what was written in English, such as the message of an error with
// whatever it wraps: line by line, and where a line as a whole is nothing that the catalogue has,
// by the parts that it was put together of. What is not known there stays as it is.
func Translated(language Language, english string) string {
	if language != Chinese {
		return english
	}
	said := strings.Split(english, "\n")
	for i, line := range said {
		text := strings.TrimLeft(line, " ")
		said[i] = line[:len(line)-len(text)] + Sentence(text).Map(piecewise).In(language)
	}
	return strings.Join(said, "\n")
}

// piecewise says in Chinese what is known of a text that was put together: on either side of a
// semicolon, behind a name and a colon.
func piecewise(own string) string {
	for _, mark := range []struct{ english, chinese string }{{"; ", "；"}, {": ", "："}} {
		before, after, found := strings.Cut(own, mark.english)
		if !found {
			continue
		}
		first, second := Sentence(before).In(Chinese), Sentence(after).Map(piecewise).In(Chinese)
		if first != before || second != after {
			return first + mark.chinese + second
		}
	}
	return own
}
