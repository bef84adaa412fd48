// Package platform is the catalogue of what devices are: how each kind is recognised, over which channels it is reached,
// which newest TLS it speaks, how it encrypts, what it makes of every policy setting, and, in words, what every command
// removes from it and leaves on it. It is data in Go values, without a database and without a caller: renderers, the
// command engine and the dashboard all read the same rows, and what an administrator is shown before a wipe is what the
// row says. A row tells what the platform's makers and users have written about it; that one device really does so is
// never concluded from it.
package platform
