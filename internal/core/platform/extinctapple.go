package platform

// The extinct versions of iOS.

// iosSettings are those that Apple's mail client keeps, then as now.
func iosSettings(groups ...group) sheet {
	base := []group{
		yes(PasswordRequired, PasswordMinLength, PasswordAllowSimple, PasswordAlphanumeric, PasswordComplexGroups,
			PasswordExpiration, PasswordHistory, PasswordMaxFailures, LockInactivity, AllowCamera, ManualSyncRoaming),
		ignored("The device does not hand out a recovery password.", PasswordRecovery),
	}
	return answers(Answer{Ignored, "Apple's mail client does not keep it."}, append(base, groups...)...)
}

// iosApp is what Apple lets an application do beside the system.
func iosApp() sheet {
	return answers(Answer{Ignored, "On iOS an application cannot set it."},
		appAll(), yes(AuditLocation, AuditLocationInterval, AuditLocationExact),
		ignored("On iOS an application cannot read it.", AuditPhoneNumber, AuditPhoneLog, AuditTextLog, AuditTextBodies, AuditFiles, AuditFilePaths,
			AuditFileTypes, AuditFileSize))
}

// iosProfile are the answers over Apple device management of a system that has all but the groups.
func iosProfile(groups ...group) sheet {
	base := []group{
		ignored("It was an application of the system before iOS 6.", IOSYouTube),
		partly("Supervised devices only.", iosSupervised...),
	}
	return answers(Answer{Support: Supported}, append(base, groups...)...)
}

const alwaysOn = "Hardware encryption is always on from the iPhone 3GS on; the policy neither turns it on nor off."

func iosOldOrders() map[Command]Order {
	return orders(map[Command]Order{
		FullWipe: ways(
			Way{Channel: ActiveSync, Extent: Device, Removes: factoryState, Leaves: keepsNothing},
			Way{Channel: AppleMDM, Extent: Device, Removes: factoryState, Leaves: keepsNothing}),
		SelectiveWipe: only(Way{
			Channel: AppleMDM, Extent: Account,
			Removes: "All mail, calendar and contacts that Drover manages.", Leaves: keepsRest,
			Caveat: "The command takes effect at once, yet the device can postpone it.",
		}, noAccountWipe, insteadBlock),
		Lock:          only(lockWay(AppleMDM), noLock, insteadBlock, insteadTimeout),
		WipeCard:      refused(noCard),
		ClearPasscode: only(clearWay(AppleMDM), noClear),
		Locate:        only(locateWay(Companion), noLocate),
		RequestLog:    only(logWay(Companion), noLog),
	})
}

// iosProfile4 are those of iOS 4, which first took profiles from afar.
func iosProfile4() sheet {
	return iosProfile(
		ignored("It came with iOS 5.", iosSince5...), ignored("It came with iOS 6.", iosSince6...),
		ignored("It came with iOS 7.", iosSince7...), ignored("Supervision came with iOS 5.", iosSupervised...),
		partly("Where the system is iOS 4.", IOSYouTube))
}

func iosBefore3GS() Row {
	return Row{
		ID: IOS, Variant: "before-3gs", Name: "iPhone before the 3GS, first iPod touch models",
		Recognised: "Apple's mail client on hardware iPhone1, iPod1 or iPod2.",
		Channels:   []Channel{ActiveSync, AppleMDM, Companion}, TLS: V(1, 0),
		Encryption: Encryption{State: NotEncrypted, Words: "Hardware encryption came with the iPhone 3GS."},
		when:       when{words: []string{"iphone1c", "iphone1,", "ipod1c", "ipod1,", "ipod2c", "ipod2,"}},
		mail:       iosSettings(ignored("Hardware encryption came with the iPhone 3GS.", EncryptDevice, EncryptCard)),
		app:        iosApp(), apple: iosProfile4(),
		orders: iosOldOrders(),
	}
}

func ios3() Row {
	return Row{
		ID: IOS, Variant: "4", Name: "iOS 4 and older (iPhone 3GS, iPhone 4, iPad)",
		Recognised: "Apple's mail client with a version below 5.",
		Channels:   []Channel{ActiveSync, AppleMDM, Companion}, TLS: V(1, 0),
		Encryption: Encryption{State: AlwaysEncrypted, Cipher: "AES-256", Words: "AES-256. " + alwaysOn},
		when:       when{below: V(5)},
		mail:       iosSettings(ignored(alwaysOn, EncryptDevice), ignored(noCard, EncryptCard), yes(AllowBrowser)),
		app:        iosApp(), apple: iosProfile4(),
		orders: iosOldOrders(),
	}
}

func ios5() Row {
	return Row{
		ID: IOS, Variant: "5", Name: "iOS 5 to 9",
		Recognised: "Apple's mail client with a version from 5 to below 10.",
		Channels:   []Channel{ActiveSync, AppleMDM, Companion}, TLS: V(1, 2),
		Encryption: Encryption{State: AlwaysEncrypted, Cipher: "AES-256", Words: "AES-256. " + alwaysOn},
		when:       when{from: V(5), below: V(10)},
		mail: iosSettings(ignored(alwaysOn, EncryptDevice), ignored(noCard, EncryptCard),
			partly("Early versions only.", AllowBrowser)),
		app: iosApp(),
		apple: iosProfile(
			partly("From iOS 6 on.", iosSince6...), partly("From iOS 7 on.", iosSince7...),
			partly("Supervised devices, from iOS 6 on.", iosSupervised...), partly("Before iOS 6.", IOSYouTube)),
		orders: iosOldOrders(),
	}
}
