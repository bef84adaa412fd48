package policy

import (
	"drover/internal/base/problem"
	"drover/internal/core/platform"
)

// rule ties two numbers of one policy together. A set of values that breaks it is refused; where values of several
// sources meet and break it, the second setting is made the stricter, which never loosens the first.
type rule struct {
	first, second platform.Setting
	broken        func(first, second int64) bool
	mended        func(first int64) int64 // what the second must be
	words         string
}

var rules = []rule{
	{
		first: platform.LockChallenge, second: platform.LockInactivity,
		broken: func(challenge, inactivity int64) bool {
			return challenge != noLimit && inactivity != noLimit && challenge <= inactivity
		},
		mended: func(challenge int64) int64 { return challenge - 60 }, // the least challenge is 600
		words:  "The lock regardless of use must be longer than the lock after inactivity.",
	},
	{
		first: platform.PasswordMaxFailures, second: platform.PasswordEcho,
		broken: func(failures, echo int64) bool { return failures != noLimit && echo >= failures },
		mended: func(failures int64) int64 { return failures - 1 },
		words:  "Typing must be shown after fewer wrong passwords than those that wipe the device.",
	},
	{
		first: platform.PasswordAlphanumeric, second: platform.PasswordQuality,
		broken: func(alphanumeric, quality int64) bool { return alphanumeric == 1 && quality == 1 },
		mended: func(int64) int64 { return 2 },
		words:  "A password of digits is not enough where letters and digits are required.",
	},
}

// contradictions names what of the values cannot hold together.
func (vs Values) contradictions(prefix string) []problem.Field {
	var faults []problem.Field
	for _, r := range rules {
		if r.broken(vs.number(r.first), vs.number(r.second)) {
			faults = append(faults, problem.Field{Name: prefix + string(r.first), Message: r.words})
		}
	}
	if vs.on(platform.LockDuress) && vs.text(platform.LockDuressAddress) == "" {
		faults = append(faults, problem.Field{
			Name: prefix + string(platform.LockDuressAddress), Message: "A duress notification needs the address that it is sent to.",
		})
	}
	if vs.on(platform.AuditFiles) && len(vs[platform.AuditFilePaths].Texts()) == 0 {
		faults = append(faults, problem.Field{
			Name:    prefix + string(platform.AuditFilePaths),
			Message: "A file archive needs the folders that are copied: name them, or switch the archive off.",
		})
	}
	return faults
}

// number returns a setting's value or its default.
func (vs Values) number(s platform.Setting) int64 {
	if v, ok := vs[s]; ok {
		return v.n
	}
	return definitions[byKey[s]].Default.n
}

func (vs Values) text(s platform.Setting) string { return vs[s].Line() }

// reconcile makes values of several sources hold together.
func reconcile(values []Sourced) {
	for _, r := range rules {
		first, second := &values[byKey[r.first]], &values[byKey[r.second]]
		if !r.broken(first.Value.n, second.Value.n) {
			continue
		}
		second.Value.n, second.Source = r.mended(first.Value.n), FromRule
	}
	duress, address := &values[byKey[platform.LockDuress]], values[byKey[platform.LockDuressAddress]]
	if duress.Value.IsTrue() && address.Value.Line() == "" {
		duress.Value, duress.Source = Bool(false), FromRule
	}
	files, folders := &values[byKey[platform.AuditFiles]], values[byKey[platform.AuditFilePaths]]
	if files.Value.IsTrue() && len(folders.Value.Texts()) == 0 {
		files.Value, files.Source = Bool(false), FromRule
	}
}
