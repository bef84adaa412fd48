package platform

// The extinct systems of Microsoft, and Palm's webOS.

func windowsMobileSettings() sheet {
	return answers(Answer{Support: Supported},
		partly("Part of the document of protocol 12.0 only.", AllowDocumentBrowse))
}

func windowsMobileApp() sheet {
	return windowsMobileSettings().with(
		ignored("BlackBerry with NotifySync alone has it.", LockChallenge, LockDuress, LockDuressAddress, LockEmergency),
		ignored("Windows Mobile encrypts with AES-128 alone.", EncryptStrength),
		ignored("TouchDown is an application for Android.", touchDownKeys...),
		ignored("It is a setting of Android.", androidKeys...))
}

func windowsMobileEncryption() Encryption {
	return Encryption{State: OnDemand, Cipher: "AES-128", Words: "AES-128 in 6.1 and 6.5, when the policy asks; none before."}
}

func windowsMobileOrders(full Way) map[Command]Order {
	return orders(map[Command]Order{
		FullWipe:   alsoOver(Companion, full),
		Lock:       only(lockWay(Companion), noLock, insteadBlock, insteadTimeout),
		WipeCard:   only(cardWay(Companion), noCardWipe),
		Locate:     only(locateWay(Companion), noLocate),
		RequestLog: only(logWay(Companion), noLog),
	})
}

func windowsMobileProfessional() Row {
	return Row{
		ID: WindowsMobile, Variant: "professional", Name: "Windows Mobile 6.1 and 6.5 Professional",
		Recognised: "The user agent begins with MSFT-PPC, or the device type is PocketPC.",
		Channels:   []Channel{ActiveSync, Companion}, TLS: V(1, 0), Encryption: windowsMobileEncryption(),
		when: when{otherwise: true}, mail: windowsMobileSettings(), app: windowsMobileApp(),
		orders: windowsMobileOrders(Way{
			Channel: ActiveSync, Extent: Device,
			Removes: factoryState + " The storage card is erased too.", Leaves: keepsNothing,
		}),
	}
}

func windowsMobileStandard() Row {
	return Row{
		ID: WindowsMobile, Variant: "standard", Name: "Windows Mobile 6.1 and 6.5 Standard",
		Recognised: "The user agent begins with MSFT-SPhone, or the device type is SmartPhone.",
		Channels:   []Channel{ActiveSync, Companion}, TLS: V(1, 0), Encryption: windowsMobileEncryption(),
		when: when{words: []string{"msft-sphone", "smartphone"}}, mail: windowsMobileSettings(), app: windowsMobileApp(),
		orders: windowsMobileOrders(Way{Channel: ActiveSync, Extent: Device, Removes: factoryState, Leaves: keepsCard}),
	}
}

func windowsPhone7() Row {
	return Row{
		ID: WindowsPhone7, Name: "Windows Phone 7",
		Recognised: "The user agent begins with MSFT-WP/7, or the device type is WP or WindowsPhone with such a system.",
		Channels:   []Channel{ActiveSync}, TLS: V(1, 0),
		Encryption: Encryption{State: NotEncrypted, Words: "Data at rest is not encrypted."},
		when:       when{otherwise: true},
		mail: answers(Answer{Ignored, "Windows Phone 7 has no such policy."},
			yes(PasswordRequired, PasswordMinLength, PasswordAllowSimple, PasswordAlphanumeric, PasswordComplexGroups,
				PasswordExpiration, PasswordHistory, PasswordMaxFailures, LockInactivity),
			ignored("Windows Phone 7 cannot encrypt its data.", EncryptDevice, EncryptCard)),
		orders: orders(map[Command]Order{
			FullWipe: ways(Way{Channel: ActiveSync, Extent: Device, Removes: factoryState, Leaves: keepsNothing}),
			Lock:     refused("Windows Phone 7 cannot be locked from afar.", insteadBlock, insteadTimeout),
			WipeCard: refused("Windows Phone 7 cannot wipe a storage card from afar."),
		}),
	}
}

func webOS() Row {
	return Row{
		ID: WebOS, Name: "webOS",
		Recognised: "The device type begins with Palm, or device type, model or user agent say webOS.",
		Channels:   []Channel{ActiveSync}, TLS: V(1, 0),
		Encryption: Encryption{State: Untold, Words: "Nothing is written about it."},
		when:       when{otherwise: true},
		mail: answers(Answer{Ignored, "webOS keeps no such policy and connects all the same."},
			yes(PasswordRequired, PasswordAlphanumeric, PasswordMaxFailures, LockInactivity),
			partly("Lengths from 2 to 18.", PasswordMinLength)),
		orders: orders(map[Command]Order{
			FullWipe: ways(Way{Channel: ActiveSync, Extent: Device, Removes: factoryState, Leaves: keepsNothing}),
			WipeCard: refused(noCard),
		}),
	}
}
