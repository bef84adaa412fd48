package platform

import (
	"regexp"
	"strconv"
	"strings"
)

// Facts are what a device says about itself (MS-ASHTTP 2.2.1.1.1 for DeviceType and User-Agent, MS-ASCMD 2.2.3.45 for
// the rest). They may be empty, stale or lies, so they choose words and defaults, never rights. Platform, when set, was
// set by an administrator and wins over recognition.
type Facts struct {
	Platform   ID
	DeviceType string
	UserAgent  string
	OS         string
	Model      string
}

func (f Facts) bounded() Facts {
	cut := func(s string) string { return s[:min(len(s), maxFact)] }
	f.DeviceType, f.UserAgent, f.OS, f.Model = cut(f.DeviceType), cut(f.UserAgent), cut(f.OS), cut(f.Model)
	return f
}

// sign is one way to tell a platform: the first sign whose texts all fit wins. Texts are lower case; an empty one fits
// everything.
type sign struct {
	id    ID
	agent string // the user agent begins so
	kind  string // the device type begins so
	os    string // the operating system begins so
	part  string // device type, user agent or model contains it
}

// The user agent is the surest witness, since the mail client writes it; the device type comes next. Signs of clients
// that would be mistaken for a platform stand before that platform's.
var signs = []sign{
	{id: LinuxAgent, kind: string(LinuxAgent)}, // as [AgentType] names them
	{id: WindowsAgent, kind: string(WindowsAgent)},
	{id: MacOSAgent, kind: string(MacOSAgent)},
	{id: Computer, kind: "computer"},
	{id: AndroidTouchDown, agent: "touchdown"},
	{id: AndroidTouchDown, kind: "touchdown"},
	{id: OutlookMobile, agent: "outlook-ios"}, // also Outlook-iOS-Android
	{id: OutlookMobile, agent: "outlook-android"},
	{id: UnknownPlatform, agent: "outlook/"}, // Outlook for the desktop keeps no device policy
	{id: UnknownPlatform, kind: "windowsoutlook"},
	{id: BlackBerry, part: "notifysync"},
	{id: UnknownPlatform, agent: "rim-"}, // BlackBerry 10, another system than NotifySync's
	{id: UnknownPlatform, part: "nokian900"},
	{id: SymbianS60, part: "mailforexchange"},
	{id: SymbianS60, kind: "nokia"},
	{id: WindowsMobile, agent: "msft-ppc/"},
	{id: WindowsMobile, agent: "msft-sphone/"},
	{id: WindowsMobile, agent: "microsoft-pocketpc/"},
	{id: WindowsPhone7, agent: "msft-wp/7"},
	{id: WindowsPhone8, agent: "msft-wp/"},
	{id: WindowsMail, agent: "msft-win-"},
	{id: WindowsMail, agent: "windowsmail/"},
	{id: IOS, agent: "apple-iphone"},
	{id: IOS, agent: "apple-ipad"},
	{id: IOS, agent: "apple-ipod"},
	{id: IOS, agent: "ios/"},
	{id: AndroidSamsung, agent: "samsung"},
	{id: AndroidSamsung, agent: "android-samsung"},
	{id: AndroidGmail, agent: "android-mail/"},
	{id: AndroidNative, agent: "android/0.3"},  // the mail client of Android 2.x gave its own version
	{id: AndroidNative, agent: "android-eas/"}, // the mail client of one maker's 2.x to 4.x
	{id: AndroidEAS, agent: "android"},
	{id: UnknownPlatform, agent: "palmone-"}, // Palm OS, another system than webOS
	{id: WebOS, part: "webos"},
	{id: WebOS, kind: "palm"},
	{id: IOS, kind: "iphone"},
	{id: IOS, kind: "ipad"},
	{id: IOS, kind: "ipod"},
	{id: OutlookMobile, kind: "outlook"},
	{id: WindowsMobile, kind: "pocketpc"},
	{id: WindowsMobile, kind: "smartphone"},
	{id: WindowsPhone8, kind: "wp8"},
	{id: WindowsPhone7, kind: "windowsphone", os: "windows phone 7"},
	{id: WindowsPhone7, kind: "wp", os: "windows phone 7"},
	{id: WindowsPhone8, kind: "windowsphone"},
	{id: WindowsPhone7, kind: "wp"},
	{id: WindowsMail, kind: "windowsmail"},
	{id: WindowsMail, kind: "universaloutlook"},
	{id: AndroidSamsung, kind: "samsung"},
	{id: AndroidEAS, kind: "android"},
	{id: AndroidEAS, os: "android"},
	{id: IOS, os: "ios "},
	{id: IOS, os: "ipados"},
}

func (s sign) fits(agent, kind, os, all string) bool {
	return strings.HasPrefix(agent, s.agent) && strings.HasPrefix(kind, s.kind) && strings.HasPrefix(os, s.os) &&
		strings.Contains(all, s.part)
}

// Recognise tells the platform from what a device says, whatever Facts.Platform holds. It answers UnknownPlatform when
// nothing fits. Only the first 256 bytes of each fact are looked at.
func Recognise(f Facts) ID {
	f = f.bounded()
	agent, kind, os := strings.ToLower(f.UserAgent), strings.ToLower(f.DeviceType), strings.ToLower(f.OS)
	all := agent + "\n" + kind + "\n" + strings.ToLower(f.Model)
	for _, s := range signs {
		if s.fits(agent, kind, os, all) {
			return byAge(s.id, f)
		}
	}
	return UnknownPlatform
}

// byAge sends the built-in clients of Android before 5.0 to the row of their time, whoever made the phone.
func byAge(id ID, f Facts) ID {
	switch id {
	case AndroidEAS, AndroidSamsung, AndroidGmail:
	default:
		return id
	}
	if v := f.OSVersion(); !v.IsZero() && v.Less(V(5)) {
		return AndroidNative
	}
	return id
}

var (
	named    = regexp.MustCompile(`(?i)^(?:android|ios|ipados|iphone os|windows phone|windows ce|windows)[ /]+v?([0-9][0-9.]*)`)
	easAgent = regexp.MustCompile(`(?i)^android/([0-9][0-9.]*).*-eas`)
	iosAgent = regexp.MustCompile(`(?i)^ios/([0-9][0-9.]*)`)
	apple    = regexp.MustCompile(`(?i)^apple-[^/]*/([0-9]{3,4})\.`)
	samsung  = regexp.MustCompile(`(?i)^samsung[^/(]*/10[01]\.([0-9]{1,6})$`)
	msft     = regexp.MustCompile(`(?i)^msft-[^/]*/([0-9][0-9.]*)`)
)

// OSVersion reads the version of the operating system from the facts; zero when they do not tell it.
func (f Facts) OSVersion() Version {
	f = f.bounded()
	for _, try := range []struct {
		pattern *regexp.Regexp
		text    string
		read    func(string) Version
	}{
		{named, strings.TrimSpace(f.OS), ParseVersion},
		{iosAgent, f.UserAgent, ParseVersion},
		{easAgent, f.UserAgent, ParseVersion},
		{apple, f.UserAgent, appleBuild},
		{samsung, f.UserAgent, samsungVersion},
		{msft, f.UserAgent, ParseVersion},
	} {
		if m := try.pattern.FindStringSubmatch(try.text); m != nil {
			return try.read(m[1])
		}
	}
	return Version{}
}

// appleBuild turns the first number of "Apple-iPhone4C1/1002.329" into the iOS version of that build. The number is the
// build's major number and its letter: 1002 is build 10B, of iOS 6. Build 5 is iPhone OS 2, the first that knew
// ActiveSync; builds 7 to 22 are iOS 3 to 18; then the numbering jumped to the year, so that build 23 is iOS 26.
func appleBuild(digits string) Version {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return Version{}
	}
	switch build := n / 100; {
	case build >= 23:
		return V(build + 3)
	case build >= 5:
		return V(max(build-4, 2))
	default:
		return Version{}
	}
}

// samsungVersion turns the digits after "101." into an Android version: "403" is 4.3, "40102" is 4.1.2, "10" is 10 and
// "80000" is 8.0.0. Parts after the first have two digits.
func samsungVersion(digits string) Version {
	first := 2 - len(digits)%2
	var v Version
	for i := range v {
		n, err := strconv.Atoi(digits[:first])
		if err != nil {
			return Version{}
		}
		v[i] = n
		digits = digits[first:]
		first = 2
		if digits == "" {
			break
		}
	}
	return v
}
