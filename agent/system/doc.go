// Package system is all that the agent touches of the computer it runs on: files, and the system's own programs. [Real] is
// the machine itself, or a directory that stands for it; tests hand in what they want found. Nothing else in the agent
// starts a program.
package system
