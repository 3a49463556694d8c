// Package spelling finds the word that a misspelt one was meant to be, because a strict
// reader that only refuses is tedious.
package spelling

// Nearest returns the known word that a misspelt one most likely was meant to be: at most one
// letter in three differs. It is empty when no word is that near, because a far-fetched
// suggestion is worse than none.
func Nearest(word string, known []string) string {
	best, least := "", len(word)/3+1
	for _, candidate := range known {
		if apart := edits(word, candidate); apart < least {
			best, least = candidate, apart
		}
	}
	return best
}

// edits counts the letters to insert, remove or replace to turn one word into the other
// (Levenshtein). It keeps one row of the table, because only the last one matters.
func edits(from, to string) int {
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(from) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(to) {
			replaced := diagonal
			if from[i] != to[j] {
				replaced++
			}
			diagonal, row[j+1] = row[j+1], min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(to)]
}
