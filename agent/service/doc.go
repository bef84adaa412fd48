// Package service has the agent run as a service of the system: systemd on Linux, the service manager on Windows, launchd on
// macOS.
package service
