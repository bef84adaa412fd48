// Package pki holds the zone's certificate authority and the certificates that its servers show: issued by that
// authority and renewed in time, or read from files and read again when they change.
package pki
