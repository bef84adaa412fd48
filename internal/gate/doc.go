// Package gate stands before every service. A service hands it routes; a route that does not state its service, who may
// call it and how much it may send is refused at the start. The gate brings the path of a request into one form and
// routes on that form alone, finds the client's address, asks the door of the service whether it is open to it and how often, authenticates,
// then authorises, and only then lets the service read what was sent. It enforces and decides nothing.
package gate
