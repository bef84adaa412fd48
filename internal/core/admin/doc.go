// Package admin knows the administrators: their roles and rights, how they prove who they are, their sessions and their
// API tokens. What would give one person more power over the fleet (a new administrator, another role, another factor, a
// destructive token) goes through package safety, like a wipe.
package admin
