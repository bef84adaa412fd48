// Package gatetest attacks a gate the way others have been attacked: with paths that two readers read differently,
// without credentials, and behind real reverse proxies.
package gatetest
