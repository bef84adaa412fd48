package selfservice

import (
	"context"
	"slices"

	"drover/internal/base/problem"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Ability is one thing that users can be let do by themselves. A command's has the name of the command.
type Ability string

// The abilities that are no commands. Seeing what is kept of oneself, and taking it along, is everybody's and none of them.
const (
	Rename  Ability = "rename"
	Enrol   Ability = "enrol"
	Unenrol Ability = "unenrol"
)

// Description is an ability in words.
type Description struct {
	Ability Ability
	Words   string
	// Proof tells whether users must prove once more who they are, each time.
	Proof bool

	rights []scope.Right
}

// Catalogue lists the abilities in the order in which people read them.
func Catalogue() []Description { return slices.Clone(catalogue) }

var catalogue = []Description{
	{Ability(platform.Lock), "Lock their devices", false, []scope.Right{scope.DeviceLock}},
	{Ability(platform.Locate), "Ask their devices where they are", true, []scope.Right{scope.DeviceLocate}},
	{Ability(platform.Message), "Show a message on their devices", false, []scope.Right{scope.DeviceMessage}},
	{Ability(platform.ClearPasscode), "Clear their devices' passcodes", true, []scope.Right{scope.DeviceClearPasscode}},
	{Ability(platform.SelectiveWipe), "Erase the organization's data from their devices", true, []scope.Right{scope.DeviceWipeAccount}},
	{Ability(platform.WipeCard), "Erase their devices' storage cards", true, []scope.Right{scope.DeviceWipeCard}},
	{Ability(platform.FullWipe), "Erase their devices completely", true, []scope.Right{scope.DeviceWipeFull}},
	{Ability(platform.RequestLog), "Ask their devices for the log", false, []scope.Right{scope.DeviceLog}},
	{Ability(platform.UpdateInventory), "Ask their devices to tell anew what they are", false, []scope.Right{scope.DeviceRefresh}},
	{Rename, "Name their devices", false, []scope.Right{scope.DeviceEdit}},
	{Enrol, "Enrol devices by an invitation of their own", true, []scope.Right{scope.DeviceEnrol}},
	{
		Unenrol, "Take their devices out of service, erasing the organization's data where the device can", true,
		[]scope.Right{scope.DeviceRemove, scope.DeviceWipeAccount},
	},
}

// Describe returns what is told of an ability; false when there is none of that name.
func Describe(a Ability) (Description, bool) {
	i := slices.IndexFunc(catalogue, func(d Description) bool { return d.Ability == a })
	if i < 0 {
		return Description{}, false
	}
	return catalogue[i], true
}

// Rights are what users may do in the portal, as far as nothing else is said of a group of theirs, see [Stance].
type Rights struct {
	Offered []Ability `json:"offered"`
}

// Offers tells whether users may do something.
func (r Rights) Offers(a Ability) bool { return slices.Contains(r.Offered, a) }

// Setting keeps the rights. At first everything is offered that a device's platform can do.
var Setting = zone.Setting[Rights]{Name: "portal.rights", Default: everything(), Right: scope.SettingEdit, Check: Rights.check}

func everything() Rights {
	var r Rights
	for _, d := range catalogue {
		r.Offered = append(r.Offered, d.Ability)
	}
	return r
}

func (r Rights) check() error {
	for i, a := range r.Offered {
		if _, known := Describe(a); !known || slices.Contains(r.Offered[:i], a) {
			return problem.New(problem.Invalid, "portal.ability", "Name each thing that users may do once, as the list of them does.").WithField("offered")
		}
	}
	return nil
}

// grant is what a user may do to the user's own devices, in the words of core.
func (r Rights) grant() scope.Grant {
	g := scope.Grant{Rights: []scope.Right{scope.DeviceRead, scope.CommandRead, scope.CommandCancel}}
	for _, d := range catalogue {
		if r.Offers(d.Ability) {
			g.Rights = append(g.Rights, d.rights...)
		}
	}
	return g
}

// Rights returns what everybody may do of whose groups nothing else is said, and the version of the setting.
func (s *Store) Rights(ctx context.Context) (Rights, int64, error) {
	r, version, err := zone.Get(ctx, s.db, Setting)
	r.Offered = slices.Clone(r.Offered) // the default is everybody's
	return r, version, err
}
