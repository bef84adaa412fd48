// Package adminapi is the API of administrators: JSON over HTTP, described by the OpenAPI document that its own code
// makes, for the dashboard, the command line and scripts alike. Each operation states the right it asks for and becomes a
// route of the gate; the handlers turn requests into calls of core, under the caller the gate has proven, and keep no
// rules of their own.
package adminapi
