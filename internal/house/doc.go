// Package house holds the rules of the source tree as tests: which floor may import which, what no package may use, and
// how SQL and log lines may be written. It reads the source with go/parser and knows nothing of types, so that it costs
// a second; what it lets through, review must see.
package house
