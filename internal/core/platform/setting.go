package platform

// Setting is the key of one policy setting. The catalogue of settings with types and bounds is the policy package's;
// the keys live here because every platform answers for each of them.
type Setting string

// The settings that ActiveSync can carry (MS-ASPROV), those of the mail clients' own lock rules, and the two that the
// gateway keeps by itself.
const (
	PasswordRequired      Setting = "password.required"
	PasswordMinLength     Setting = "password.min-length"
	PasswordAllowSimple   Setting = "password.allow-simple"
	PasswordAlphanumeric  Setting = "password.alphanumeric"
	PasswordComplexGroups Setting = "password.complex-groups"
	PasswordExpiration    Setting = "password.expiration-days"
	PasswordHistory       Setting = "password.history"
	PasswordMaxFailures   Setting = "password.max-failures"
	PasswordRecovery      Setting = "password.recovery"

	LockInactivity Setting = "lock.inactivity"
	LockChallenge  Setting = "lock.challenge" // a lock regardless of use; no channel of Drover carries it
	LockDuress     Setting = "lock.duress"    // a hidden call for help while unlocking; no channel of Drover carries it

	EncryptDevice Setting = "encryption.device"
	EncryptCard   Setting = "encryption.card"

	AllowCamera           Setting = "device.camera"
	AllowStorageCard      Setting = "device.storage-card"
	AllowBluetooth        Setting = "device.bluetooth"
	AllowWiFi             Setting = "device.wifi"
	AllowInfrared         Setting = "device.infrared"
	AllowTextMessaging    Setting = "device.text-messaging"
	AllowInternetSharing  Setting = "device.internet-sharing"
	AllowDesktopSync      Setting = "device.desktop-sync"
	AllowRemoteDesktop    Setting = "device.remote-desktop"
	AllowBrowser          Setting = "device.browser"
	AllowConsumerMail     Setting = "device.consumer-mail"
	AllowPOPIMAP          Setting = "device.pop-imap"
	AllowDocumentBrowse   Setting = "device.document-browse"
	AllowUnsignedApps     Setting = "apps.unsigned"
	AllowUnsignedPackages Setting = "apps.unsigned-packages"
	BlockedApps           Setting = "apps.blocked"
	ApprovedApps          Setting = "apps.approved"

	AllowAttachments   Setting = "sync.attachments"
	MaxAttachmentSize  Setting = "sync.max-attachment"
	MaxMailAge         Setting = "sync.mail-age"
	MaxCalendarAge     Setting = "sync.calendar-age"
	MaxBodySize        Setting = "sync.body-size"
	MaxHTMLBodySize    Setting = "sync.html-body-size"
	AllowHTMLMail      Setting = "sync.html-mail"
	ManualSyncRoaming  Setting = "sync.manual-roaming"
	RequireSigned      Setting = "smime.require-signed"
	RequireEncrypted   Setting = "smime.require-encrypted"
	SigningAlgorithm   Setting = "smime.signing-algorithm"
	EncryptAlgorithm   Setting = "smime.encryption-algorithm"
	NegotiateAlgorithm Setting = "smime.negotiation"
	AllowSoftCerts     Setting = "smime.soft-certificates"

	AllowNonProvisionable Setting = "gateway.allow-non-provisionable"
	RefreshInterval       Setting = "gateway.refresh-hours"
)

var settings = []Setting{
	PasswordRequired, PasswordMinLength, PasswordAllowSimple, PasswordAlphanumeric, PasswordComplexGroups,
	PasswordExpiration, PasswordHistory, PasswordMaxFailures, PasswordRecovery,
	LockInactivity, LockChallenge, LockDuress, EncryptDevice, EncryptCard,
	AllowCamera, AllowStorageCard, AllowBluetooth, AllowWiFi, AllowInfrared, AllowTextMessaging, AllowInternetSharing,
	AllowDesktopSync, AllowRemoteDesktop, AllowBrowser, AllowConsumerMail, AllowPOPIMAP, AllowDocumentBrowse,
	AllowUnsignedApps, AllowUnsignedPackages, BlockedApps, ApprovedApps,
	AllowAttachments, MaxAttachmentSize, MaxMailAge, MaxCalendarAge, MaxBodySize, MaxHTMLBodySize, AllowHTMLMail,
	ManualSyncRoaming, RequireSigned, RequireEncrypted, SigningAlgorithm, EncryptAlgorithm, NegotiateAlgorithm,
	AllowSoftCerts, AllowNonProvisionable, RefreshInterval,
}

// Settings returns every setting that a row answers for, in the order in which people are shown them.
func Settings() []Setting { return append([]Setting(nil), settings...) }

// Support says what a platform makes of a setting that it is sent.
type Support string

// The degrees of support.
const (
	Supported     Support = "supported"
	Partly        Support = "partly"        // see the caveat
	Ignored       Support = "ignored"       // it may be sent; the client does nothing with it
	Inexpressible Support = "inexpressible" // no channel of the platform has a word for it
	Unknown       Support = "unknown"       // nothing is written about it
)

// Answer is what a platform makes of one setting. Caveat is a sentence for people, or "".
type Answer struct {
	Support Support
	Caveat  string
}

// answers builds the answers of a row: a fallback for all settings, then what differs from it.
func answers(fallback Answer, groups ...group) map[Setting]Answer {
	m := make(map[Setting]Answer, len(settings))
	for _, s := range settings {
		m[s] = fallback
	}
	m[LockChallenge] = Answer{Inexpressible, "ActiveSync has no word for a lock regardless of use."}
	m[LockDuress] = Answer{Inexpressible, "ActiveSync has no word for a duress notification."}
	m[AllowNonProvisionable] = Answer{Supported, "Drover keeps this rule itself; the device is not asked."}
	m[RefreshInterval] = Answer{Supported, "Drover asks the device to fetch its policy again; the device is not told the interval."}
	for _, g := range groups {
		for _, s := range g.settings {
			m[s] = g.answer
		}
	}
	return m
}

type group struct {
	answer   Answer
	settings []Setting
}

func yes(s ...Setting) group { return group{Answer{Support: Supported}, s} }

func partly(caveat string, s ...Setting) group { return group{Answer{Partly, caveat}, s} }

func ignored(caveat string, s ...Setting) group { return group{Answer{Ignored, caveat}, s} }
