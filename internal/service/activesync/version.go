package activesync

import (
	"slices"
	"strings"

	"drover/internal/core/platform"
)

// Version is a protocol version in tenths: 25, 120, 121, 140, 141, 160 or 161. Zero means that none was told.
type Version uint8

// The versions that the gateway speaks.
const (
	V25  Version = 25
	V120 Version = 120
	V121 Version = 121
	V140 Version = 140
	V141 Version = 141
	V160 Version = 160
	V161 Version = 161
)

var versionNames = map[Version]string{
	V25: "2.5", V120: "12.0", V121: "12.1", V140: "14.0", V141: "14.1", V160: "16.0", V161: "16.1",
}

// ParseVersion reads "14.1". It returns zero for anything that is not a version the gateway speaks.
func ParseVersion(s string) Version {
	for v, name := range versionNames {
		if name == s {
			return v
		}
	}
	return 0
}

// String returns the version as it stands in a header, "" for zero and for unknown ones.
func (v Version) String() string { return versionNames[v] }

// commonVersions keeps, in order, the versions of a header's list that the gateway speaks too and that are allowed. An
// empty allowed list allows all.
func commonVersions(header string, allowed []string) []string {
	var common []string
	for s := range strings.SplitSeq(header, ",") {
		s = strings.TrimSpace(s)
		if ParseVersion(s) == 0 || slices.Contains(common, s) {
			continue
		}
		if len(allowed) == 0 || slices.Contains(allowed, s) {
			common = append(common, s)
		}
	}
	return common
}

// platform returns the version as core counts it.
func (v Version) platform() platform.Version { return platform.V(int(v)/10, int(v)%10) }
