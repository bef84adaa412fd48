package report

// Next is when a content is due.
var Next = Content.next
