// Package compliance holds devices to rules: a rule is a condition, the devices it is for, and what follows when one of them
// breaks it, after a time of grace. A condition has three answers, and each rule says what an unknown one counts as. What
// follows is told to people, keeps mail away, or at the end erases the organization's data; never the whole device. A
// device that keeps the rule again is let in again. Every answer explains itself in a sentence.
package compliance
