// Package server puts the parts together: configuration, listeners, start and graceful stop.
package server
