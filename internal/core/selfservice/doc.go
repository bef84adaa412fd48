// Package selfservice lets users help themselves: their sessions in the portal, the proof that they are still the ones who
// sit there, and what the zone lets them do. A user's rights reach the user's own devices alone; see [scope.Caller.Scope].
package selfservice
