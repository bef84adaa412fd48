package platform

import "testing"

// Device types and user agents as real clients send them.
func TestRecognise(t *testing.T) {
	for _, c := range []struct {
		kind, agent, os, model string
		key                    string
		version                Version
	}{
		{"iPhone", "Apple-iPhone12C1/1705.54", "", "", "ios/10", V(13)},
		{"iPhone", "Apple-iPhone15C2/2102.91", "iOS 17.1.2 21B101", "", "ios/10", V(17, 1, 2)},
		{"iPhone", "Apple-iPhone18C1/2301.341", "", "", "ios/10", V(26)},
		{"iPad", "Apple-iPad13C1/2001.362", "iPadOS 16.0", "", "ios/10", V(16)},
		{"iPhone", "Apple-iPhone4C1/1002.329", "iOS 6.1.3 10B329", "", "ios/5", V(6, 1, 3)},
		{"iPhone", "iOS/6.1.3 (10B329)", "", "", "ios/5", V(6, 1, 3)},
		{"iPod", "Apple-iPod5C1/1102.55400001", "iOS 7.0.4", "", "ios/5", V(7, 0, 4)},
		{"iPhone", "Apple-iPhone3C1/902.206", "", "", "ios/5", V(5)},
		{"iPhone", "Apple-iPhone2C1/801.293", "", "", "ios/4", V(4)},
		{"iPhone", "Apple-iPhone1C2/801.293", "", "", "ios/before-3gs", V(4)},
		{"iPhone", "Apple-iPhone11C8/1605.216", "", "", "ios/10", V(12)},
		{"iPhone", "", "", "", "ios/10", Version{}},

		{"Android", "Android/0.3", "", "", "android-native/2.2", Version{}},
		{"Android", "Android/3.2-EAS-1.2", "", "", "android-native/3.0", V(3, 2)},
		{"Android", "Android/4.4.2-EAS-1.3", "Android 4.4.2", "", "android-native/3.0", V(4, 4, 2)},
		{"Android", "Android-EAS/3.10.000.074499.651", "", "", "android-native/2.2", Version{}},
		{"Android", "Android/5.0.1-EAS-2.0", "Android 5.0.1", "HUAWEI GRA-L09", "android-eas", V(5, 0, 1)},
		{"Android", "hltevzw/KOT49H", "Android 4.4.2.N900VVRUCNC4", "", "android-native/3.0", V(4, 4, 2)},
		{"Android", "MOTOROLA-Droid(4D6F7869SAM)/2.1707", "", "", "android-eas", Version{}},
		{"Android", "Android-Mail/2020.11.29.346182102.Release", "Android 10", "SM-M215F", "android-gmail", V(10)},
		{"Android", "Android-Mail/8.5.20.197464738.release", "Android 8.1.0", "", "android-gmail", V(8, 1)},

		{"SAMSUNGSMN900V", "SAMSUNG-SM-N900V/101.403", "Android", "", "android-native/3.0", V(4, 3)},
		{"SamsungDevice", "SAMSUNG-GT-I9000/100.202", "", "", "android-native/2.2", V(2, 2)},
		{"SamsungDevice", "SAMSUNG-GT-P7510/100.301", "", "", "android-native/3.0", V(3, 1)},
		{"SamsungDevice", "SAMSUNG-SGH-I317M/100.40102", "", "", "android-native/3.0", V(4, 1, 2)},
		{"SamsungDevice", "SAMSUNG-SM-G960F/101.80000", "", "", "android-samsung", V(8)},
		{"SamsungDevice", "SAMSUNG-SM-G991B/101.12", "", "", "android-samsung", V(12)},

		{"Outlook", "Outlook-iOS-Android/1.0", "", "", "outlook-mobile", Version{}},
		{"Outlook", "Outlook-Android/2.0", "Android 14", "", "outlook-mobile", V(14)},
		{"Outlook", "Outlook-iOS/2.0", "iOS 17.2", "", "outlook-mobile", V(17, 2)},
		{"WindowsOutlook", "Outlook/16.0 (16.0.7167.6539; C2R; x86)", "", "", "unknown", Version{}},
		{"WindowsOutlook15", "", "", "", "unknown", Version{}},

		{"Android", "TouchDown(MSRPC)/7.1.0005", "", "", "android-touchdown/2.2", Version{}},
		{"Touchdown", "TouchDown(MSRPC)/7.1.00014/", "Android 2.1", "", "android-touchdown/2.0", V(2, 1)},
		{"Android", "TouchDown(MSRPC)/8.1.00052/", "Android 4.4", "", "android-touchdown/2.2", V(4, 4)},

		{"Android", "TouchDown(MSRPC)/8.6.00099/", "Android 5.1", "", "android-touchdown/5.0", V(5, 1)},

		{"PocketPC", "MSFT-PPC/5.2.5069", "", "", "windows-mobile/professional", V(5, 2, 5069)},
		{"SmartPhone", "MSFT-SPhone/5.2.1108", "", "", "windows-mobile/standard", V(5, 2, 1108)},
		{"PocketPC", "Microsoft-PocketPC/3.0", "", "", "windows-mobile/professional", Version{}},

		{"WP", "MSFT-WP/7.10.8862", "", "", "windows-phone-7", V(7, 10, 8862)},
		{"WP8", "MSFT-WP/8.0.10211", "", "", "windows-phone-8", V(8, 0, 10211)},
		{"WP8", "MSFT-WP/10.0.15254", "", "", "windows-phone-8", V(10, 0, 15254)},
		{"WindowsMail", "MSFT-WIN-3/10.0.17134", "", "", "windows-mail", V(10, 0, 17134)},
		{"UniversalOutlook", "MSFT-WIN-4/10.0.15063", "", "", "windows-mail", V(10, 0, 15063)},

		{"NokiaE521", "NokiaE521/2.00()MailforExchange", "", "", "symbian-s60/s60", Version{}},
		{"NokiaN95", "NokiaN95/1.00()MailforExchange", "", "", "symbian-s60/mail-only", Version{}},
		{"Nokia6120c", "MailforExchange", "", "", "symbian-s60/mail-only", Version{}},
		{"NokiaN900", "NokiaN900/1.1.MailforExchange", "", "", "unknown", Version{}},

		{"Palm", "", "", "", "webos", Version{}},
		{"PalmTreo", "PalmOne-TreoAce/2.01m01", "", "", "unknown", Version{}},
		{"BlackBerry", "RIM-Q10-SQN100-3/10.2.1.3247", "", "", "unknown", Version{}},
		{"BlackBerry", "NotifySync", "", "", "blackberry-notifysync", Version{}},
		{"Thunderbird", "Thunderbird ActiveSync", "", "", "unknown", Version{}},
		{"", "", "", "", "unknown", Version{}},
	} {
		f := Facts{DeviceType: c.kind, UserAgent: c.agent, OS: c.os, Model: c.model}
		if got := Resolve(f).Key(); got != c.key {
			t.Errorf("%s, %s is %s, want %s", c.kind, c.agent, got, c.key)
		}
		if got := f.OSVersion(); got != c.version {
			t.Errorf("%s, %s has version %q, want %q", c.agent, c.os, got, c.version)
		}
	}
}

func FuzzRecognise(f *testing.F) {
	f.Add("iPhone", "Apple-iPhone12C1/1705.54", "iOS 13.1", "iPhone12,1")
	f.Add("SamsungDevice", "SAMSUNG-SM-G960F/101.999999", "Android 99999999999999", "")
	f.Fuzz(func(t *testing.T, kind, agent, os, model string) {
		r := Resolve(Facts{DeviceType: kind, UserAgent: agent, OS: os, Model: model})
		if !r.ID.Known() {
			t.Fatalf("no row for %q %q %q %q", kind, agent, os, model)
		}
	})
}
