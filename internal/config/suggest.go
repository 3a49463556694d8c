package config

// nearest returns the known word that a misspelt one most likely stands for, or
// nothing when none is near: at most one change in three letters.
func nearest(word string, known []string) string {
	best, least := "", len(word)/3+1
	for _, candidate := range known {
		if distance := edits(word, candidate); distance < least {
			best, least = candidate, distance
		}
	}
	return best
}

// edits counts the letters to insert, delete or replace to make one word of the
// other (Levenshtein), keeping one row of the table.
func edits(from, to string) int {
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(from) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(to) {
			replace := diagonal
			if from[i] != to[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, diagonal+1)
		}
	}
	return row[len(to)]
}
