package journal

import (
	"drover/internal/core/platform"
	"drover/internal/core/policy"
)

// AskOf returns what an effective policy asks of one kind.
func AskOf(e *policy.Effective, k Kind) Ask {
	d, err := Describe(k)
	if err != nil {
		return Ask{}
	}
	ask := Ask{Wanted: e.Value(d.Setting).IsTrue()}
	switch k {
	case Location:
		ask.Exact = e.Value(platform.AuditLocationExact).IsTrue()
	case TextLog:
		ask.Bodies = e.Value(platform.AuditTextBodies).IsTrue()
	case File:
		ask.Paths, ask.Types = e.Value(platform.AuditFilePaths).Texts(), e.Value(platform.AuditFileTypes).Texts()
		ask.MaxSize = e.Value(platform.AuditFileSize).Int()
	case DeviceLog, PhoneLog, SignIn, Elevation, USB:
	}
	return ask
}
