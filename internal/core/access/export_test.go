package access

// Fits tells whether a rule fits; one that does not compile fits nothing.
func Fits(r Rule, f Facts) bool {
	c, err := compile(r)
	if err != nil {
		return false
	}
	ok, _ := c.fits(f)
	return ok
}
