// SPDX-License-Identifier: Apache-2.0

// Package nearest finds the name that a wrong one was probably meant to be.
package nearest

// DidYouMean is "; did you mean x?" for the known name with the fewest edits, or "" when none is
// within a third of its length.
func DidYouMean(wrong string, known []string) string {
	best, least := "", 0
	for _, name := range known {
		if edits := distance(wrong, name); edits <= max(1, len(name)/3) && (best == "" || edits < least) {
			best, least = name, edits
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// distance is Levenshtein's; a very long name is near to nothing, so that cost stays bounded.
func distance(a, b string) int {
	const longest = 128
	if len(a) > longest || len(b) > longest {
		return len(a) + len(b)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substituted := diagonal
			if a[i] != b[j] {
				substituted++
			}
			diagonal = row[j+1]
			row[j+1] = min(substituted, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
