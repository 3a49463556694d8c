package words

import (
	"maps"
	"slices"
)

// Said is a sentence in each language.
type Said struct{ English, Chinese string }

// Catalogue is every sentence by its code.
func Catalogue() map[string]Said {
	all := map[string]Said{}
	for code, said := range catalogue() {
		all[code] = Said{said.english, said.chinese}
	}
	return all
}

// Formats are the sentences that are found by their format alone.
func Formats() map[string]string { return formats }

// ConsoleNames and ConsoleSentences are what the console's pages say, which are no Go.
func ConsoleNames() []string     { return slices.Sorted(maps.Keys(console)) }
func ConsoleSentences() []string { return slices.Sorted(maps.Keys(consoleSentences)) }
