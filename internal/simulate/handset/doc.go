// Package handset simulates the device in a user's hand: what is on it, and what each order takes from it or cannot do, by
// the rules of its platform. The rules are data and stand here on their own, as the platforms' makers describe them; what
// Drover believes about a platform is judged against them. Mail clients and companion applications act on a [Handset].
package handset
