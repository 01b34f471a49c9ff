package ascii

// Nearest is the known name that a misspelt one is likely to mean: one edit away, or two with the same first letter.
func Nearest(name string, known []string) string {
	best, most := "", 2
	if len(name) > 128 { // whatever it means, it is no misspelling
		return ""
	}
	name = ToLower(name)
	for _, k := range known {
		if d := editDistance(name, ToLower(k)); d <= most && (d < 2 || name != "" && name[0] == k[0]) {
			best, most = k, d-1
		}
	}
	return best
}

// editDistance counts the bytes to insert, remove or replace (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
