// Package blob keeps octets that are too large for rows of a database, each under a name that the server has made, in a
// directory. A blob is there whole or not at all, and once it is told to be kept it survives the loss of power; it is never
// changed. What is in it is for the caller to seal.
package blob
