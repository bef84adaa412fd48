package policy

import (
	"slices"

	"drover/internal/core/platform"
)

// Preset is a suite to start from.
type Preset struct {
	Name    string // for scripts
	Title   string
	Words   string // what it asks and for whom it is meant
	Content Content
}

// Presets returns the presets: the one that fits most zones first, then the stricter ones, and last the one that asks
// nothing, which nobody should take by pressing a button.
func Presets() []Preset { return []Preset{basic(), strict(), highSecurity(), open()} }

// FindPreset returns the preset of that name.
func FindPreset(name string) (Preset, bool) {
	all := Presets()
	i := slices.IndexFunc(all, func(p Preset) bool { return p.Name == name })
	if i < 0 {
		return Preset{}, false
	}
	return all[i], true
}

func open() Preset {
	// It sets what it lets go: what a suite leaves out, the next one decides.
	lets := Values{
		platform.AllowNonProvisionable: Bool(true),
		platform.PasswordRequired:      Bool(false),
		platform.EncryptDevice:         Bool(false),
		platform.EncryptCard:           Bool(false),
	}
	return Preset{
		Name: "open", Title: "Open",
		Words: "Asks nothing and lets every device in, also those that cannot take a policy. For trying Drover out; a " +
			"lost phone is then protected only by what its owner set.",
		Content: Content{Corporate: lets, Personal: lets.Clone()},
	}
}

func basic() Preset {
	personal := Values{
		platform.PasswordRequired:  Bool(true),
		platform.PasswordMinLength: Number(4),
		platform.LockInactivity:    Number(15 * 60),
	}
	corporate := personal.Clone()
	corporate[platform.PasswordAllowSimple] = Bool(false)
	corporate[platform.PasswordMaxFailures] = Number(16)
	return Preset{
		Name: "basic", Title: "Basic",
		Words: "Where most zones begin: a password of four characters and a lock after 15 minutes, which every phone can " +
			"take. Corporate devices also refuse passwords such as 1234 and erase themselves after 16 wrong ones; personal " +
			"devices never erase themselves. Encryption is not asked for.",
		Content: Content{Corporate: corporate, Personal: personal},
	}
}

func strict() Preset {
	personal := Values{
		platform.PasswordRequired:    Bool(true),
		platform.PasswordMinLength:   Number(6),
		platform.PasswordAllowSimple: Bool(false),
		platform.PasswordHistory:     Number(5),
		platform.PasswordMaxFailures: Number(10),
		platform.LockInactivity:      Number(5 * 60),
		platform.EncryptDevice:       Bool(true),
		platform.RefreshInterval:     Number(24),
	}
	corporate := personal.Clone()
	corporate[platform.EncryptCard] = Bool(true)
	corporate[platform.AllowUnsignedApps] = Bool(false)
	corporate[platform.AllowUnsignedPackages] = Bool(false)
	corporate[platform.ManualSyncRoaming] = Bool(true)
	return Preset{
		Name: "strict", Title: "Strict",
		Words: "A password of six characters that is not simple, five old ones remembered, a lock after 5 minutes, erasure " +
			"after 10 wrong passwords, and encryption; the policy is fetched again every day. Corporate devices also encrypt " +
			"their cards, refuse unsigned applications and synchronize by hand while roaming. Devices that cannot take it get " +
			"no mail.",
		Content: Content{Corporate: corporate, Personal: personal},
	}
}

func highSecurity() Preset {
	personal := Values{
		platform.PasswordRequired:      Bool(true),
		platform.PasswordMinLength:     Number(8),
		platform.PasswordAllowSimple:   Bool(false),
		platform.PasswordAlphanumeric:  Bool(true),
		platform.PasswordComplexGroups: Number(3),
		platform.PasswordHistory:       Number(10),
		platform.PasswordMaxFailures:   Number(6),
		platform.LockInactivity:        Number(2 * 60),
		platform.EncryptDevice:         Bool(true),
		platform.EncryptCard:           Bool(true),
		platform.MaxMailAge:            Number(4),
		platform.MaxCalendarAge:        Number(5),
		platform.MaxAttachmentSize:     Number(10 << 20),
		platform.ManualSyncRoaming:     Bool(true),
		platform.RefreshInterval:       Number(4),
	}
	corporate := personal.Clone()
	for _, s := range []platform.Setting{
		platform.AllowCamera, platform.AllowStorageCard, platform.AllowInfrared, platform.AllowInternetSharing,
		platform.AllowDesktopSync, platform.AllowRemoteDesktop, platform.AllowConsumerMail, platform.AllowPOPIMAP,
		platform.AllowUnsignedApps, platform.AllowUnsignedPackages,
	} {
		corporate[s] = Bool(false)
	}
	corporate[platform.AllowBluetooth] = Number(1)
	return Preset{
		Name: "high-security", Title: "High security",
		Words: "A password of eight characters of three kinds, ten old ones remembered, a lock after 2 minutes, erasure after " +
			"6 wrong passwords, encryption of device and card; two weeks of mail and a month of calendar, attachments up to " +
			"10 MB; the policy is fetched again every four hours. Corporate devices also lose camera, cards, infrared, tethering, " +
			"desktop synchronization, remote desktop, private mail accounts and unsigned applications; Bluetooth is for " +
			"hands-free sets alone. Passwords do not expire: current guidance advises against it. Many phones of today keep but " +
			"a part of this: look at the preview.",
		Content: Content{Corporate: corporate, Personal: personal},
	}
}
