// Package script keeps the scripts that computers with our own agent run by a schedule: versioned, sealed, and approved by a
// second person where they reach many. What becomes of them, package computer keeps.
package script
