package directory

import "io"

// ReadImport reads a file of users and returns how many lines it holds.
func ReadImport(r io.Reader) (int, error) {
	lines, err := readImport(r)
	return len(lines), err
}
