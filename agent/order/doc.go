// Package order carries out what the zone orders, and runs its scripts. It writes down that it begins before it does: an
// order is begun once in its life, and what was interrupted is told as interrupted. What destroys something is begun only
// once the server has said to go. What an order does is in the words of the platform, see [Linux] and its siblings.
package order
