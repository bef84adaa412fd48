// Package agent is the agent of a managed computer: it registers with a zone, asks for what the zone wants, obeys, and tells.
// Each part is a package below; this one holds them together and keeps the turns: it asks by a schedule with jitter, and at
// once when a held connection hints that it is worth asking. What it cannot tell now it tells later.
package agent
