// Package web holds the built dashboard inside the binary.
//
// The front end is built by npm into dist/app, which is not committed; dist/placeholder.html is, so that the
// binary builds without Node and says on its page how to get the real one. Package dashboard serves both.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files returns what was built in: "app/index.html" and its assets where the front end was built, and always
// "placeholder.html".
func Files() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // a constant, valid path: cannot happen
	}
	return sub
}
