// Package inventory takes stock of the computer: the sections that the zone asks for and no others. Environment variables
// and processes are never looked at, keys of certificates neither.
package inventory
