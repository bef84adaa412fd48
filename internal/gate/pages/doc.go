// Package pages serves a front end that was built into the binary, or the page that says how to build it. It holds no data:
// pages ask an API for everything, with their caller's rights.
package pages
