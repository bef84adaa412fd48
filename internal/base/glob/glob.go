// Package glob matches texts with patterns such as people write them: SM-G9*.
package glob

// Match tells whether s fits the pattern, in which * stands for any text and ? for one character. It takes time
// proportional to both lengths multiplied at worst: what a device sends cannot make it explode.
func Match(pattern, s string) bool {
	p, t := []rune(pattern), []rune(s)
	star, mark, i, j := -1, 0, 0, 0
	for j < len(t) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == t[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}
