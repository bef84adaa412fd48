// Package directory knows the people who own devices, and their groups. They are added by hand, imported from a list, or
// found at the first contact of a phone whose mail server has accepted their credentials. Other packages refer to them
// by id alone; the name is theirs and goes when they are erased.
package directory
