// Package spool keeps the files that computers send until what is in them has been taken into the zone. A file comes in
// chunks, each durable before it is answered, sealed under the key of the device's owner; workers import whole ones, and
// what cannot be imported is set aside with the reason until somebody has it tried again or drops it.
package spool
