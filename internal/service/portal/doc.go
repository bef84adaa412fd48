// Package portal serves the self-service pages: users see their devices and what is kept of them, give their own devices
// orders, and enrol new ones. It keeps no rules: what users may do, and that nobody reaches another's device, is judged in core.
package portal
