// Package safety is what stands between one person and a destructive act: its class, the approvals of others, the
// budgets, and the breaker that freezes every destructive queue when they are passed by. It knows nothing of devices
// or administrators; packages command and admin carry the acts out and ask here first, in their own transactions.
package safety
