// Package event keeps what the agents of computers say of themselves: that they began, that they ended as asked, and messages,
// such as that somebody had changed what belongs to them. It tells nothing of people; what does is package journal's.
package event
