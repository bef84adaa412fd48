package platform

// The settings of Apple's restrictions, which Apple device management alone carries.
const (
	IOSAppInstall    Setting = "ios.app-install"
	IOSFaceTime      Setting = "ios.facetime"
	IOSScreenCapture Setting = "ios.screen-capture"
	IOSVoiceDial     Setting = "ios.voice-dial"
	IOSSiri          Setting = "ios.siri"
	IOSSiriLocked    Setting = "ios.siri-locked"
	IOSInAppPurchase Setting = "ios.in-app-purchase"
	IOSMultiplayer   Setting = "ios.multiplayer"
	IOSAddFriends    Setting = "ios.add-friends"
	IOSSyncRoaming   Setting = "ios.sync-roaming"
	IOSPassbook      Setting = "ios.passbook-locked"

	IOSYouTube        Setting = "ios.youtube"
	IOSITunes         Setting = "ios.itunes"
	IOSITunesPassword Setting = "ios.itunes-password"
	IOSSafari         Setting = "ios.safari"
	IOSAutofill       Setting = "ios.safari-autofill"
	IOSFraudWarning   Setting = "ios.safari-fraud-warning"
	IOSJavaScript     Setting = "ios.safari-javascript"
	IOSPopUps         Setting = "ios.safari-pop-ups"
	IOSCookies        Setting = "ios.safari-cookies"

	IOSRatingsRegion Setting = "ios.ratings-region"
	IOSRatingsMovies Setting = "ios.ratings-movies"
	IOSRatingsTV     Setting = "ios.ratings-tv"
	IOSRatingsApps   Setting = "ios.ratings-apps"
	IOSExplicit      Setting = "ios.explicit-content"

	IOSDiagnostics    Setting = "ios.diagnostics"
	IOSUntrustedTLS   Setting = "ios.untrusted-tls"
	IOSEncryptBackup  Setting = "ios.encrypted-backup"
	IOSProfileRemoval Setting = "ios.profile-removal"

	IOSCloudBackup    Setting = "ios.icloud-backup"
	IOSCloudDocuments Setting = "ios.icloud-documents"
	IOSCloudKeychain  Setting = "ios.icloud-keychain"
	IOSPhotoStream    Setting = "ios.photo-stream"
	IOSSharedStreams  Setting = "ios.shared-streams"

	IOSOpenOut Setting = "ios.open-managed-in-unmanaged"
	IOSOpenIn  Setting = "ios.open-unmanaged-in-managed"

	IOSAirDrop        Setting = "ios.airdrop"
	IOSMessages       Setting = "ios.imessage"
	IOSGameCenter     Setting = "ios.game-center"
	IOSAccountChanges Setting = "ios.account-changes"
	IOSAppRemoval     Setting = "ios.app-removal"
	IOSHostPairing    Setting = "ios.host-pairing"
	IOSSiriProfanity  Setting = "ios.siri-profanity-filter"
	IOSProfileInstall Setting = "ios.profile-install"
	IOSSingleApp      Setting = "ios.single-app"
	IOSGlobalProxy    Setting = "ios.global-proxy"
)

// The settings of Android's own management and of Samsung's Knox.
const (
	AndroidUnknownSources Setting = "android.unknown-sources"
	AndroidAppInstall     Setting = "android.app-install"
	AndroidAppRemoval     Setting = "android.app-removal"
	AndroidFactoryReset   Setting = "android.factory-reset"
	AndroidDebugging      Setting = "android.usb-debugging"
	AndroidFileTransfer   Setting = "android.usb-files"
	AndroidScreenCapture  Setting = "android.screen-capture"
	AndroidAccounts       Setting = "android.account-changes"
	AndroidUsers          Setting = "android.add-users"
	AndroidKioskApps      Setting = "android.kiosk-apps"
	KnoxWorkspace         Setting = "android.knox-workspace"
	KnoxClipboard         Setting = "android.knox-clipboard"
	KnoxFiles             Setting = "android.knox-files"
)

var iosSupervised = []Setting{
	IOSAirDrop, IOSMessages, IOSGameCenter, IOSAccountChanges, IOSAppRemoval, IOSHostPairing, IOSSiriProfanity,
	IOSProfileInstall, IOSSingleApp, IOSGlobalProxy,
}

// iosSince5 and iosSince7 came with those versions of the system.
var (
	iosSince5 = []Setting{
		IOSSiri, IOSSiriLocked, IOSUntrustedTLS, IOSDiagnostics, IOSCloudBackup, IOSCloudDocuments, IOSPhotoStream,
		IOSITunesPassword,
	}
	iosSince6 = []Setting{IOSPassbook, IOSSharedStreams}
	iosSince7 = []Setting{IOSCloudKeychain, IOSOpenOut, IOSOpenIn}
)

var iosSettingKeys = append([]Setting{
	IOSAppInstall, IOSFaceTime, IOSScreenCapture, IOSVoiceDial, IOSSiri, IOSSiriLocked, IOSInAppPurchase, IOSMultiplayer,
	IOSAddFriends, IOSSyncRoaming, IOSPassbook,
	IOSYouTube, IOSITunes, IOSITunesPassword, IOSSafari, IOSAutofill, IOSFraudWarning, IOSJavaScript, IOSPopUps, IOSCookies,
	IOSRatingsRegion, IOSRatingsMovies, IOSRatingsTV, IOSRatingsApps, IOSExplicit,
	IOSDiagnostics, IOSUntrustedTLS, IOSEncryptBackup, IOSProfileRemoval,
	IOSCloudBackup, IOSCloudDocuments, IOSCloudKeychain, IOSPhotoStream, IOSSharedStreams,
	IOSOpenOut, IOSOpenIn,
}, iosSupervised...)

var (
	androidOwner = []Setting{
		AndroidUnknownSources, AndroidAppInstall, AndroidAppRemoval, AndroidFactoryReset, AndroidDebugging, AndroidFileTransfer,
		AndroidScreenCapture, AndroidAccounts, AndroidUsers, AndroidKioskApps,
	}
	knoxKeys    = []Setting{KnoxWorkspace, KnoxClipboard, KnoxFiles}
	androidKeys = append(append([]Setting{}, androidOwner...), knoxKeys...)
)
