// Package policy checks the settings that a computer must obey, each by what the system itself says, and mends what is
// found otherwise where the policy asks for it. After mending it looks again: repaired is what was seen to be mended.
package policy
