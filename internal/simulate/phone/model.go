package phone

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"drover/internal/simulate/handset"
)

// Model is what phones of a platform have in common on the wire. The texts are those that real clients of the platform
// are known to send.
type Model struct {
	Platform   string   // the catalogue's name: "ios", "android-gmail", ...
	Variant    string   // of the catalogue's row: "mail-only", "2.2", or ""
	DeviceType string   // query parameter DeviceType (MS-ASHTTP section 2.2.1.1.1)
	UserAgent  string   // header User-Agent
	Name       string   // DeviceInformation Model
	OS         string   // DeviceInformation OS
	Versions   []string // protocol versions it speaks, the best first
	Base64     bool     // sends the query in base64 from 12.1 on
	EmptyPing  bool     // repeats a Ping with an empty body (MS-ASCMD section 2.2.1.13)
	Provisions bool     // provisions before it is asked to; the others wait for 449 or 142
	Weight     int      // share in a mixed fleet

	id func(digest string) string
}

// models lists every platform that can be simulated.
var models = []Model{
	{
		Platform: "ios", Variant: "10", DeviceType: "iPhone", UserAgent: "Apple-iPhone16C1/2301.355", Name: "iPhone16C1", OS: "iOS 26.1 23B85",
		Versions: []string{"16.1", "16.0", "14.1", "14.0", "12.1", "12.0", "2.5"}, EmptyPing: true, Weight: 40,
		id: func(d string) string { return strings.ToUpper(d[:26]) },
	},
	{
		Platform: "android-gmail", DeviceType: "Android", UserAgent: "Android-Mail/2026.09.21.811", Name: "Pixel 9", OS: "Android 16",
		Versions: []string{"16.1", "14.1", "14.0", "12.1", "12.0", "2.5"}, Provisions: true, Weight: 18,
		id: func(d string) string { return "androidc" + decimal(d, 10) },
	},
	{
		Platform: "android-samsung", DeviceType: "SamsungDevice", UserAgent: "Android-SAMSUNG-SM-S931B/101.160000", Name: "SM-S931B", OS: "Android 16",
		Versions: []string{"16.1", "16.0", "14.1", "14.0", "12.1", "12.0", "2.5"}, Base64: true, Provisions: true, Weight: 20,
		id: func(d string) string { return "SEC" + strings.ToUpper(d[:16]) },
	},
	{
		Platform: "outlook-mobile", DeviceType: "Outlook", UserAgent: "Outlook-iOS-Android/1.0", Name: "Outlook for iOS and Android", OS: "Outlook for iOS and Android 1.0",
		Versions: []string{"14.1", "14.0"}, Base64: true, Provisions: true, Weight: 14,
		id: func(d string) string { return strings.ToUpper(d[:32]) },
	},
	{
		Platform: "windows-mobile", Variant: "professional", DeviceType: "PocketPC", UserAgent: "MSFT-PPC/5.2.5081", Name: "HTC Touch Pro2", OS: "Windows CE 5.2.21864",
		Versions: []string{"12.1", "12.0", "2.5"}, Base64: true, Provisions: true, Weight: 2,
		id: func(d string) string { return strings.ToUpper(d[:32]) },
	},
	{
		Platform: "windows-phone-8", DeviceType: "WP8", UserAgent: "MSFT-WP/8.10.14234", Name: "Lumia 930", OS: "Windows Phone 8.10.14234",
		Versions: []string{"14.1", "14.0", "12.1"}, Base64: true, Provisions: true, Weight: 2,
		id: func(d string) string { return strings.ToUpper(d[:32]) },
	},
	{
		Platform: "windows-phone-7", DeviceType: "WP", UserAgent: "MSFT-WP/7.10.8858", Name: "Lumia 800", OS: "Windows Phone 7.10.8858",
		Versions: []string{"14.0", "12.1"}, Base64: true, Provisions: true, Weight: 1,
		id: func(d string) string { return strings.ToUpper(d[:32]) },
	},
	{
		Platform: "android-touchdown", Variant: "2.2", DeviceType: "Touchdown", UserAgent: "TouchDown(MSRPC)/8.4.00086", Name: "GT-I9300", OS: "Android 4.3",
		Versions: []string{"12.1", "12.0", "2.5"}, Weight: 1,
		id: func(d string) string { return "TD" + d[:24] },
	},
	{
		Platform: "symbian-s60", Variant: "s60", DeviceType: "NokiaE71", UserAgent: "NokiaE71/2.09(158)MailforExchange", Name: "E71", OS: "S60 3.1",
		Versions: []string{"12.1", "12.0", "2.5"}, Provisions: true, Weight: 1,
		id: func(d string) string { return "IMEI35" + decimal(d, 13) },
	},
	{
		Platform: "webos", DeviceType: "Palm", UserAgent: "Palm/1.0 webOS/2.2.4", Name: "Pre3", OS: "webOS 2.2.4",
		Versions: []string{"12.1", "12.0", "2.5"}, Weight: 1,
		id: func(d string) string { return "webOS" + d[:20] },
	},
	// The variants of the same platforms that keep other rules. None of them is in a mixed fleet.
	{
		Platform: "symbian-s60", Variant: "mail-only", DeviceType: "NokiaN95", UserAgent: "NokiaN95/2.09(158)MailforExchange", Name: "N95", OS: "S60 3.1",
		Versions: []string{"12.1", "12.0", "2.5"}, Provisions: true,
		id: func(d string) string { return "IMEI35" + decimal(d, 13) },
	},
	{
		Platform: "windows-mobile", Variant: "standard", DeviceType: "SmartPhone", UserAgent: "MSFT-SPhone/5.2.5081", Name: "Touch Dual", OS: "Windows CE 5.2.21864",
		Versions: []string{"12.1", "12.0", "2.5"}, Base64: true, Provisions: true,
		id: func(d string) string { return strings.ToUpper(d[:32]) },
	},
	{
		Platform: "android-native", Variant: "3.0", DeviceType: "Android", UserAgent: "Android/4.0.4-EAS-1.3", Name: "GT-I9100", OS: "Android 4.0.4",
		Versions: []string{"14.1", "14.0", "12.1", "12.0", "2.5"}, Provisions: true,
		id: func(d string) string { return "androidc" + decimal(d, 10) },
	},
	{
		Platform: "android-native", Variant: "2.2", DeviceType: "Android", UserAgent: "Android/0.3", Name: "Nexus One", OS: "Android 2.2",
		Versions: []string{"12.1", "12.0", "2.5"}, Provisions: true,
		id: func(d string) string { return "android" + decimal(d, 13) },
	},
	{
		Platform: "android-touchdown", Variant: "2.0", DeviceType: "Touchdown", UserAgent: "TouchDown(MSRPC)/7.1.00013", Name: "Milestone", OS: "Android 2.1",
		Versions: []string{"12.1", "12.0", "2.5"},
		id:       func(d string) string { return "TD" + d[:24] },
	},
	{
		// What NotifySync called itself is not written; it says its name here.
		Platform: "blackberry-notifysync", DeviceType: "BlackBerry", UserAgent: "NotifySync", Name: "9700", OS: "BlackBerry 5.0",
		Versions: []string{"12.1", "12.0", "2.5"},
		id:       func(d string) string { return "BB" + d[:24] },
	},
	{
		Platform: "ios", Variant: "4", DeviceType: "iPhone", UserAgent: "Apple-iPhone3C1/801.293", Name: "iPhone3C1", OS: "iOS 4.0 8A293",
		Versions: []string{"12.1", "12.0", "2.5"}, EmptyPing: true,
		id: func(d string) string { return "Appl" + strings.ToUpper(d[:12]) },
	},
	{
		Platform: "ios", Variant: "5", DeviceType: "iPhone", UserAgent: "Apple-iPhone4C1/902.206", Name: "iPhone4C1", OS: "iOS 5.1.1 9B206",
		Versions: []string{"14.1", "14.0", "12.1", "12.0", "2.5"}, EmptyPing: true,
		id: func(d string) string { return "Appl" + strings.ToUpper(d[:12]) },
	},
}

// Row names the model's row of the catalogue: the platform, and the variant behind a slash where it has one.
func (m Model) Row() string {
	if m.Variant == "" {
		return m.Platform
	}
	return m.Platform + "/" + m.Variant
}

// HasApp tells whether there is a companion application for the platform.
func (m Model) HasApp() bool { return m.rules().App }

func (m Model) rules() handset.Rules {
	r, _ := handset.Of(m.Row())
	return r
}

// Platforms returns the rows that [Find] knows.
func Platforms() []string {
	names := make([]string, len(models))
	for i, m := range models {
		names[i] = m.Row()
	}
	return names
}

// Find returns the model of a platform, or of one row of it: "symbian-s60", "symbian-s60/mail-only".
func Find(name string) (Model, error) {
	for _, m := range models {
		if m.Platform == name || m.Row() == name {
			return m, nil
		}
	}
	return Model{}, fmt.Errorf("no platform %q can be simulated; there are %s", name, strings.Join(Platforms(), ", "))
}

// Mixed returns the model of the i-th phone of a mixed fleet, by the models' weights. The same i gives the same model.
func Mixed(i int) Model {
	total := 0
	for _, m := range models {
		total += m.Weight
	}
	// A stride that shares no divisor with the total spreads the platforms evenly over the numbers.
	place := i * 37 % total
	for _, m := range models {
		if place < m.Weight {
			return m
		}
		place -= m.Weight
	}
	return models[0]
}

// deviceID returns the DeviceId of the i-th phone in the form that the platform uses. The same seed and i give the same
// id, so that a second run meets the partnerships of the first.
func (m Model) deviceID(seed string, i int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%d", seed, m.Row(), i))
	return m.id(hex.EncodeToString(sum[:]))
}

// version returns the best version that both sides speak, "" when there is none.
func (m Model) version(offered []string) string {
	for _, v := range m.Versions {
		if slices.Contains(offered, v) {
			return v
		}
	}
	return ""
}

// decimal turns hexadecimal digits into n decimal ones.
func decimal(digest string, n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = '0' + digest[i]%10
	}
	return string(out)
}

// Mostly is the manner of the i-th phone of a demonstration: one in 40 takes the policy in part, one in 50 does not take
// it, and all others behave.
func Mostly(i int) handset.Manner {
	switch {
	case i%40 == 7:
		return handset.Partial
	case i%50 == 11:
		return handset.Refuse
	}
	return handset.Obedient
}
