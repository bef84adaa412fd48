// Package command is the life of an order to a device: requested, approved where its class asks for it, delayed,
// queued, delivered, acknowledged, and done or failed. Every path to a device ends in [Commands.Next], and that is where
// approval, budget and breaker are checked last, so that no other path leads around them. Channels only ask Next and
// call Report.
package command
