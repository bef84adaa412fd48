// Package upstream knows the ActiveSync servers behind the gateway: where they are, how they are trusted, which users go
// to which of them, and under which name a user of each is known. Credentials pass through; none is kept.
package upstream
