// Package dashboard serves the administrators' web pages: the front end that was built into the binary, or the page that
// says how to build it. It holds no data: the pages ask the admin API for everything, with their caller's rights.
package dashboard
