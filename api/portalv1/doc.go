// Package portalv1 holds the wire types of the self-service portal, version 1.
package portalv1
