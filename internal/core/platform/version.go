package platform

import (
	"strconv"
	"strings"
)

// Version is a version number of up to three parts, for operating systems, protocols and TLS. The zero Version means
// that it is not known.
type Version [3]int

// V makes a version of up to three parts.
func V(parts ...int) Version {
	var v Version
	copy(v[:], parts)
	return v
}

// ParseVersion reads the leading digits and dots of s: "17.1.2 (21B91)" is 17.1.2. Parts over three are dropped and a
// part over 99,999 makes the whole unknown, as does text without leading digits.
func ParseVersion(s string) Version {
	var v Version
	for i := range v {
		n := len(s) - len(strings.TrimLeft(s, "0123456789"))
		if n == 0 {
			break
		}
		part, err := strconv.Atoi(s[:n])
		if err != nil || part > 99_999 {
			return Version{}
		}
		v[i] = part
		s = s[n:]
		if !strings.HasPrefix(s, ".") {
			break
		}
		s = s[1:]
	}
	return v
}

// IsZero tells whether the version is not known.
func (v Version) IsZero() bool { return v == Version{} }

// Less tells whether v is older than w.
func (v Version) Less(w Version) bool {
	for i := range v {
		if v[i] != w[i] {
			return v[i] < w[i]
		}
	}
	return false
}

// String returns two parts, or three where the third is not 0, or "" when the version is not known.
func (v Version) String() string {
	if v.IsZero() {
		return ""
	}
	s := strconv.Itoa(v[0]) + "." + strconv.Itoa(v[1])
	if v[2] != 0 {
		s += "." + strconv.Itoa(v[2])
	}
	return s
}

// MarshalText writes the version as String does.
func (v Version) MarshalText() ([]byte, error) { return []byte(v.String()), nil }
