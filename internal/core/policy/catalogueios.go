package policy

import "drover/internal/core/platform"

// Apple's restrictions.
var iosDefinitions = []Definition{
	ios(platform.IOSAppInstall, CategoryIOSFeatures, "Allow installing applications", "From the store, by the user."),
	ios(platform.IOSFaceTime, CategoryIOSFeatures, "Allow FaceTime", "Calls with pictures."),
	ios(platform.IOSScreenCapture, CategoryIOSFeatures, "Allow screen capture", "Pictures of the screen."),
	ios(platform.IOSVoiceDial, CategoryIOSFeatures, "Allow voice dialling", "Calls by voice, also while locked."),
	ios(platform.IOSSiri, CategoryIOSFeatures, "Allow Siri", "What is said goes to Apple."),
	needing(platform.IOSSiri, ios(platform.IOSSiriLocked, CategoryIOSFeatures, "Allow Siri while locked", "Siri answers without the passcode.")),
	ios(platform.IOSInAppPurchase, CategoryIOSFeatures, "Allow purchases in applications", "Within installed applications."),
	ios(platform.IOSMultiplayer, CategoryIOSFeatures, "Allow multiplayer gaming", "In Game Center."),
	ios(platform.IOSAddFriends, CategoryIOSFeatures, "Allow adding friends", "In Game Center."),
	ios(platform.IOSSyncRoaming, CategoryIOSFeatures, "Allow automatic synchronization while roaming", "Accounts fetch by themselves in foreign networks."),
	ios(platform.IOSPassbook, CategoryIOSFeatures, "Show Passbook while locked", "Passes appear on the lock screen."),

	ios(platform.IOSYouTube, CategoryIOSApps, "Allow YouTube", "The application that came with old systems."),
	ios(platform.IOSITunes, CategoryIOSApps, "Allow the iTunes Store", "Music and films of the store."),
	needing(platform.IOSITunes, switchOf(platform.IOSITunesPassword, CategoryIOSApps, "Ask for the iTunes password each time",
		"Each purchase asks for it.", false, Yes)),
	ios(platform.IOSSafari, CategoryIOSApps, "Allow Safari", "The browser that came with the device."),
	needing(platform.IOSSafari, ios(platform.IOSAutofill, CategoryIOSApps, "Allow autofill", "Safari keeps names and passwords.")),
	needing(platform.IOSSafari, switchOf(platform.IOSFraudWarning, CategoryIOSApps, "Force fraud warnings", "Safari warns of pages that pretend.", false, Yes)),
	needing(platform.IOSSafari, ios(platform.IOSJavaScript, CategoryIOSApps, "Allow JavaScript", "In Safari.")),
	needing(platform.IOSSafari, ios(platform.IOSPopUps, CategoryIOSApps, "Allow pop-ups", "In Safari.")),
	needing(platform.IOSSafari, options(platform.IOSCookies, CategoryIOSApps, "Accept cookies", "In Safari.", 2,
		Option{0, "Never"}, Option{1, "From pages that were visited"}, Option{2, "Always"})),

	{
		Key: platform.IOSRatingsRegion, Category: CategoryIOSRatings, Title: "Country of the age ratings", Kind: KindText,
		Format: FormatCountry, Help: "The country whose age ratings count. Two letters, such as US or DE; empty leaves it to the device.", Default: Text(""), Stricter: Common,
	},
	rating(platform.IOSRatingsMovies, "Highest age rating of films"),
	rating(platform.IOSRatingsTV, "Highest age rating of television"),
	rating(platform.IOSRatingsApps, "Highest age rating of applications"),
	ios(platform.IOSExplicit, CategoryIOSRatings, "Allow explicit content", "In music, podcasts and books."),

	ios(platform.IOSDiagnostics, CategoryIOSSecurity, "Allow diagnostic data to Apple", "Sent by the system."),
	ios(platform.IOSUntrustedTLS, CategoryIOSSecurity, "Allow servers that nobody vouches for",
		"The user may go on although a page or a mail server cannot prove whose it is (its TLS certificate is not trusted)."),
	switchOf(platform.IOSEncryptBackup, CategoryIOSSecurity, "Force encrypted backups", "Backups on a computer carry a password.", false, Yes),
	ios(platform.IOSProfileRemoval, CategoryIOSSecurity, "Allow removing the profile", "The user may end management."),

	ios(platform.IOSCloudBackup, CategoryIOSCloud, "Allow backup to iCloud", "The device's data goes to Apple."),
	ios(platform.IOSCloudDocuments, CategoryIOSCloud, "Allow documents in iCloud", "Documents and data of applications."),
	ios(platform.IOSCloudKeychain, CategoryIOSCloud, "Allow the keychain in iCloud", "Passwords go to Apple, encrypted."),
	ios(platform.IOSPhotoStream, CategoryIOSCloud, "Allow the photo stream", "New photos go to the user's other devices."),
	ios(platform.IOSSharedStreams, CategoryIOSCloud, "Allow shared streams", "Photos shared with others."),

	ios(platform.IOSOpenOut, CategoryIOSManagement, "Open managed documents elsewhere", "Documents of managed accounts in other applications."),
	ios(platform.IOSOpenIn, CategoryIOSManagement, "Open other documents in managed applications", "Documents of other accounts in managed applications."),

	ios(platform.IOSAirDrop, CategoryIOSSupervised, "Allow AirDrop", "Files to devices near by."),
	ios(platform.IOSMessages, CategoryIOSSupervised, "Allow iMessage", "Messages over Apple."),
	ios(platform.IOSGameCenter, CategoryIOSSupervised, "Allow Game Center", "Its application disappears otherwise."),
	ios(platform.IOSAccountChanges, CategoryIOSSupervised, "Allow changing accounts", "The user may add and remove accounts."),
	ios(platform.IOSAppRemoval, CategoryIOSSupervised, "Allow removing applications", "By the user."),
	ios(platform.IOSHostPairing, CategoryIOSSupervised, "Allow connecting to any computer",
		"Otherwise the device connects only to the computer by which the organization set it up (supervision)."),
	switchOf(platform.IOSSiriProfanity, CategoryIOSSupervised, "Force Siri's profanity filter", "Siri hides rude words.", false, Yes),
	ios(platform.IOSProfileInstall, CategoryIOSSupervised, "Allow installing profiles", "By the user."),
	{
		Key: platform.IOSSingleApp, Category: CategoryIOSSupervised, Title: "Single application", Kind: KindText,
		Format: FormatPackage, Help: "The device shows this application alone, such as org.example.reader. Empty shows all.",
		Default: Text(""), Stricter: Common,
	},
	{
		Key: platform.IOSGlobalProxy, Category: CategoryIOSSupervised, Title: "Global proxy", Kind: KindText,
		Format: FormatHostPort, Help: "All web traffic goes over it, such as proxy.example.org:3128. Empty uses none.",
		Default: Text(""), Stricter: Common,
	},
}

// ios makes a permission, which holds where nobody takes it away.
func ios(key platform.Setting, c Category, title, help string) Definition {
	return switchOf(key, c, title, help, true, No)
}

// options makes a choice that ActiveSync does not carry, of which the lower number is the stricter.
func options(key platform.Setting, c Category, title, help string, byDefault int64, list ...Option) Definition {
	return Definition{
		Key: key, Category: c, Title: title, Help: help, Kind: KindChoice, Options: list, Default: Number(byDefault),
		Stricter: Less, None: noOption,
	}
}

// rating is a bound on what can be seen, by the numbers of Apple's restrictions payload (0 to 1000).
func rating(key platform.Setting, title string) Definition {
	return Definition{
		Key: key, Category: CategoryIOSRatings, Title: title, Kind: KindNumber, Min: 0, Max: 1000,
		Help: "What is rated for older people than this cannot be seen or used. Apple has a number for each rating of a country: 0 " +
			"allows nothing, 1000 everything.", None: 1000,
		Default: Number(1000), Stricter: Less,
	}
}
