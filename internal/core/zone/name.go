package zone

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// DefaultName is the name of a zone that nobody has named.
const DefaultName = "Drover"

// maxName bounds the name of a zone, in characters: it stands in a sidebar and before the subject of mails.
const maxName = 60

// NameSetting is what people call the zone.
var NameSetting = Setting[string]{Name: "zone.name", Default: DefaultName, Right: scope.SettingEdit, Check: checkName}

func checkName(name string) error {
	switch {
	case name == "" || strings.TrimSpace(name) != name:
		return problem.New(problem.Invalid, "zone.name", "Give the zone a name, without spaces around it.").WithField("name")
	case utf8.RuneCountInString(name) > maxName:
		return problem.Newf(problem.Invalid, "zone.name", "The name of a zone has at most %d characters.", maxName).WithField("name")
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return problem.New(problem.Invalid, "zone.name", "The name of a zone holds letters, digits, signs and spaces alone.").WithField("name")
	}
	return nil
}

// Name returns the name of the zone and its version. It is no secret from anybody who is signed in, whatever their rights:
// it tells them where they are.
func (z *Zone) Name(ctx context.Context) (name string, version int64, err error) {
	return Get(ctx, z.db, NameSetting)
}

// Rename gives the zone another name, of 1 to 60 printable characters. version is the one of [Zone.Name] that the caller
// has seen.
func (z *Zone) Rename(ctx context.Context, c scope.Caller, name string, version int64) error {
	return z.db.Write(ctx, func(tx *sqldb.Tx) error {
		return Set(ctx, z, tx, c, NameSetting, strings.TrimSpace(name), version)
	})
}
