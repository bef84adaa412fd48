// Package companionv1 holds what companion applications and servers say to each other, in JSON.
package companionv1
