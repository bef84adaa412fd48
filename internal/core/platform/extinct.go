package platform

// The rows of the extinct platforms, with the behaviour of their time. "The managed account" is the one that goes
// through Drover.

const (
	factoryState = "All data and all applications: the device returns to factory state."
	keepsCard    = "The storage card: it is not erased."
	keepsNothing = "Nothing on the device itself."
	keepsRest    = "Everything else on the device."
	accountGone  = "The managed account's information."
	mailAndPIM   = "All mail, calendar, contacts and tasks of the managed account."
	cardErased   = "All data on the storage card."
	keepsPhone   = "The device's own storage."
	lockedWords  = "Nothing; the device locks, and its unlock password must be entered."
	keepsAll     = "All data."
)

func extinctRows() []Row {
	return []Row{
		androidNativeOld(), androidNative2(), androidNative3(), touchDownOld(), touchDown(), touchDownLate(), blackBerry(),
		iosBefore3GS(), ios3(), ios5(), symbian(), symbianMailOnly(), windowsMobileProfessional(),
		windowsMobileStandard(), windowsPhone7(), webOS(),
	}
}

func androidNativeOld() Row {
	return Row{
		ID: AndroidNative, Variant: "before-2.2", Name: "Android before 2.2, built-in mail",
		Recognised: "Android's own mail client with a version below 2.2.",
		Channels:   []Channel{ActiveSync}, TLS: V(1, 0),
		Encryption: Encryption{State: NotEncrypted, Words: "Not encrypted."},
		when:       when{below: V(2, 2)},
		mail:       answers(Answer{Ignored, "Android takes policies from version 2.2 on."}),
		orders: orders(map[Command]Order{
			FullWipe:      refused("Full wipe needs Android 2.2 or newer.", insteadBlock),
			SelectiveWipe: refused("Selective wipe needs Android 2.2 or newer.", insteadBlock),
			Lock:          refused("Locking needs Android 2.2 or newer.", insteadBlock),
			WipeCard:      refused("Wiping the storage card needs Android 2.2 or newer.", insteadBlock),
		}),
	}
}

func androidNative2() Row {
	r := Row{
		ID: AndroidNative, Variant: "2.2", Name: "Android 2.2 to 2.3, built-in mail",
		Recognised: "Android's own mail client with a version from 2.2 to below 3.0, or with none that can be read.",
		Channels:   []Channel{ActiveSync, Companion}, TLS: V(1, 0),
		Encryption: Encryption{State: Untold, Words: "Depends on manufacturer and model before Android 3.0."},
		when:       when{from: V(2, 2), below: V(3), otherwise: true},
		mail: answers(Answer{Ignored, "Android 2.x has no such policy."},
			yes(PasswordRequired, PasswordMinLength, PasswordAlphanumeric, PasswordMaxFailures, LockInactivity),
			partly("Some models only.", PasswordExpiration, PasswordHistory),
			partly("Depends on manufacturer and model before Android 3.0.", EncryptDevice)),
		orders: androidNativeOrders(),
	}
	r.app = r.mail.with(androidApp()...)
	return r
}

func androidNative3() Row {
	r := Row{
		ID: AndroidNative, Variant: "3.0", Name: "Android 3.0 to 4.4, built-in mail",
		Recognised: "Android's own mail client with a version from 3.0 to below 5.0.",
		Channels:   []Channel{ActiveSync, Companion}, TLS: V(1, 0),
		Encryption: Encryption{State: OnDemand, Cipher: "AES-128", Words: "AES-128, when the policy asks."},
		when:       when{from: V(3), below: V(5)},
		mail: answers(Answer{Ignored, "Android's own mail client has no such policy."},
			yes(PasswordRequired, PasswordMinLength, PasswordAlphanumeric, PasswordComplexGroups, LockInactivity,
				EncryptDevice),
			partly("Counts up to 31.", PasswordMaxFailures),
			partly("Some models only.", PasswordExpiration, PasswordHistory),
			partly("From Android 4.0 on.", AllowCamera, AllowAttachments, MaxAttachmentSize, ManualSyncRoaming),
			partly("Some models only.", EncryptCard)),
		orders: androidNativeOrders(),
	}
	r.app = r.mail.with(androidApp(partly("Samsung models with Knox only.", knoxKeys...))...)
	return r
}

// appAll is what every platform's companion application does by itself.
func appAll() group {
	return yes(append([]Setting{AuditDeviceLog}, shareSettings...)...)
}

// androidApp are the answers of the companion application on Android up to 4.4.
func androidApp(more ...group) []group {
	return append([]group{
		appAll(), yes(PasswordQuality, AuditPhoneNumber, AuditPhoneLog, AuditTextLog, AuditTextBodies, AuditLocation,
			AuditLocationInterval, AuditLocationExact, AuditFiles, AuditFilePaths, AuditFileTypes, AuditFileSize),
		partly("Where the application can switch it on this model.", AllowBluetooth),
		ignored("It needs device owner management, which Android has from 5.0 on.", androidOwner...),
		ignored("Samsung's Knox came with Android 4.", knoxKeys...),
		ignored("This device has no TouchDown.", touchDownKeys...),
	}, more...)
}

func androidNativeOrders() map[Command]Order {
	return orders(map[Command]Order{
		FullWipe: alsoOver(Companion, Way{Channel: ActiveSync, Extent: Device, Removes: factoryState, Leaves: keepsCard}),
		SelectiveWipe: only(Way{Channel: Companion, Extent: Account, Removes: accountGone, Leaves: keepsRest},
			noAccountWipe, insteadBlock),
		Lock:          only(lockWay(Companion), noLock, insteadBlock, insteadTimeout),
		WipeCard:      only(cardWay(Companion), noCardWipe),
		ClearPasscode: only(clearWay(Companion), noClear),
		Locate:        only(locateWay(Companion), noLocate),
		RequestLog:    only(logWay(Companion), noLog),
	})
}

func touchDownSettings() sheet {
	return answers(Answer{Ignored, "TouchDown has no such policy."},
		partly("Guards TouchDown, or the device where TouchDown is its administrator.",
			PasswordRequired, PasswordMinLength, PasswordAlphanumeric, PasswordMaxFailures, LockInactivity),
		yes(PasswordExpiration, PasswordHistory, AllowStorageCard, ManualSyncRoaming),
		partly("Where TouchDown holds the user's certificate.", smimeSettings...),
		partly("TouchDown's own data only.", EncryptDevice, EncryptCard))
}

// touchDownApp are the answers of TouchDown beside the companion application. Files are archived where Android's own
// mail is used alone.
func touchDownApp(more ...group) sheet {
	return touchDownSettings().with(append(androidApp(
		ignored("With TouchDown, files are not archived.", AuditFiles, AuditFilePaths, AuditFileTypes, AuditFileSize),
		yes(touchDownKeys...)), more...)...)
}

func touchDownEncryption() Encryption {
	return Encryption{
		State: OwnData, Cipher: "AES-256",
		Words: "TouchDown's data (mail, calendar, contacts, tasks) only; AES-256 from TouchDown 7 on.",
	}
}

func touchDownSelective() Order {
	const back = "and the managed account; TouchDown returns to its state before registration."
	const own = "All mail, calendar, contacts and tasks in TouchDown, TouchDown's data on the storage card, " + back
	return only(Way{
		Channel: Companion, Extent: App, Removes: own,
		Leaves: "Everything outside TouchDown; the rest of the storage card, unless the option below is on.", Caveat: cleanCard,
		Option: &Option{
			Setting: TouchDownCleanCard,
			On: Way{
				Removes: "All mail, calendar, contacts and tasks in TouchDown, the whole storage card, " + back,
				Leaves:  "Everything outside TouchDown but for the storage card.", Caveat: cleanCardOn,
			},
			Off: Way{Removes: own, Leaves: "Everything outside TouchDown; the rest of the storage card.", Caveat: cleanCardOff},
		},
	}, noAccountWipe, insteadBlock)
}

func touchDownFull() Way {
	return Way{
		Channel: ActiveSync, Extent: Device, Removes: factoryState, Leaves: keepsCard, Caveat: cleanCard,
		Option: &Option{
			Setting: TouchDownCleanCard,
			On:      Way{Removes: factoryState + " The storage card is erased too.", Leaves: keepsNothing, Caveat: cleanCardOn},
			Off:     Way{Removes: factoryState, Leaves: keepsCard, Caveat: cleanCardOff},
		},
	}
}

const (
	cleanCard   = "Where TouchDown's advanced option \"Clean SD card on Remote Wipe\" is on, the whole storage card is erased."
	cleanCardOn = "The policy in force has TouchDown's option \"Clean SD card on Remote Wipe\" on; the device's own setting " +
		"holds until it has taken that."
	cleanCardOff = "The policy in force has TouchDown's option \"Clean SD card on Remote Wipe\" off; the device's own setting " +
		"holds until it has taken that."
)

func touchDownOld() Row {
	return Row{
		ID: AndroidTouchDown, Variant: "2.0", Name: "Android 2.0 and 2.1 with TouchDown",
		Recognised: "The user agent or device type says TouchDown, and the system is Android below 2.2.",
		Channels:   []Channel{ActiveSync, Companion}, TLS: V(1, 0), Encryption: touchDownEncryption(),
		when: when{below: V(2, 2)}, mail: touchDownSettings(), app: touchDownApp(),
		orders: orders(map[Command]Order{
			FullWipe: refused("Full wipe is not available with TouchDown on Android 2.0 and 2.1.",
				Alternative{SelectiveWipe, "A selective wipe removes TouchDown's data."}, insteadBlock),
			SelectiveWipe: touchDownSelective(),
			Lock:          refused("Locking needs Android 2.2 or newer.", insteadBlock),
			WipeCard:      only(cardWay(Companion), noCardWipe),
			Locate:        only(locateWay(Companion), noLocate),
			RequestLog:    only(logWay(Companion), noLog),
		}),
	}
}

func touchDown() Row {
	return Row{
		ID: AndroidTouchDown, Variant: "2.2", Name: "Android 2.2 to 4.4 with TouchDown",
		Recognised: "The user agent or device type says TouchDown, and the system is Android 2.2 to 4.4 or not told.",
		Channels:   []Channel{ActiveSync, Companion}, TLS: V(1, 0), Encryption: touchDownEncryption(),
		when: when{from: V(2, 2), below: V(5), otherwise: true}, mail: touchDownSettings(), app: touchDownApp(),
		orders: orders(map[Command]Order{
			FullWipe:      alsoOver(Companion, touchDownFull()),
			SelectiveWipe: touchDownSelective(),
			Lock:          only(lockWay(Companion), noLock, insteadBlock, insteadTimeout),
			WipeCard:      only(cardWay(Companion), noCardWipe),
			ClearPasscode: only(clearWay(Companion), noClear),
			Locate:        only(locateWay(Companion), noLocate),
			RequestLog:    only(logWay(Companion), noLog),
		}),
	}
}

// touchDownLate differs in the TLS of the system below it alone.
func touchDownLate() Row {
	r := touchDown()
	r.Variant, r.Name = "5.0", "Android 5 and newer with TouchDown"
	r.Recognised = "The user agent or device type says TouchDown, and the system is Android 5 or newer."
	r.TLS, r.when = V(1, 2), when{from: V(5)}
	r.app = touchDownApp(ownerApp, knoxApp)
	return r
}

func blackBerry() Row {
	const locks = "The device is locked as well, where a password is required."
	r := Row{
		ID: BlackBerry, Name: "BlackBerry with NotifySync",
		Recognised: "The user agent, device type or model says NotifySync.",
		Channels:   []Channel{ActiveSync, Companion}, TLS: V(1, 0),
		Encryption: Encryption{
			State: OwnData, Cipher: "AES-128, AES-192 or AES-256",
			Words: "NotifySync's mail: secure (AES-128), more secure (AES-192) or most secure (AES-256).",
		},
		when: when{otherwise: true},
		mail: answers(Answer{Ignored, "NotifySync has no such policy."},
			yes(PasswordRequired, PasswordMinLength, PasswordAlphanumeric, PasswordExpiration, PasswordHistory,
				PasswordMaxFailures, LockInactivity),
			partly("NotifySync's mail only.", EncryptDevice)),
		orders: orders(map[Command]Order{
			FullWipe: alsoOver(Companion, Way{
				Channel: ActiveSync, Extent: Account,
				Removes: "The managed account with its mail and data, and the entire storage card with saved attachments.",
				Leaves:  "The device's own data and applications: it does not return to factory state.", Caveat: locks,
			}),
			SelectiveWipe: only(Way{
				Channel: Companion, Extent: Account, Removes: mailAndPIM, Leaves: keepsRest,
				Caveat: locks,
			}, noAccountWipe, insteadBlock),
			Lock:       only(lockWay(Companion), noLock, insteadBlock, insteadTimeout),
			WipeCard:   only(cardWay(Companion), noCardWipe),
			Locate:     only(locateWay(Companion), noLocate),
			RequestLog: only(logWay(Companion), noLog),
		}),
	}
	r.app = r.mail.with(
		appAll(), yes(PasswordQuality, PasswordEcho, LockChallenge, LockDuressAddress, LockEmergency, EncryptStrength,
			EncryptCard, AuditPhoneNumber, AuditPhoneLog, AuditTextLog, AuditTextBodies, AuditLocation, AuditLocationInterval,
			AuditLocationExact, AuditFiles, AuditFilePaths, AuditFileTypes, AuditFileSize, AllowCamera, AllowBluetooth),
		group{
			Answer{Supported, "A hidden mail of high priority is sent when the password is entered rotated left by one: " +
				"its first character at the end. The device unlocks and shows nothing of it."}, []Setting{LockDuress},
		})
	return r
}

func symbianSettings() sheet {
	return answers(Answer{Ignored, "Mail for Exchange has no such policy."},
		yes(PasswordRequired, PasswordMinLength, PasswordAlphanumeric, PasswordMaxFailures, LockInactivity, EncryptDevice),
		partly("The number and kinds of characters are kept, groups are not counted.", PasswordComplexGroups),
		ignored("Symbian S60 does not keep it.", PasswordExpiration, PasswordHistory))
}

func symbianApp() sheet {
	return symbianSettings().with(
		appAll(), yes(PasswordQuality, PasswordEcho, AuditLocation, AuditLocationInterval, AuditLocationExact),
		untold("Nothing is written of it for Symbian.", AuditPhoneLog, AuditPhoneNumber),
		ignored("The application for Symbian does not tell text messages.", AuditTextLog, AuditTextBodies))
}

func symbianOrders(full Way) map[Command]Order {
	return orders(map[Command]Order{
		FullWipe: alsoOver(Companion, full),
		SelectiveWipe: only(Way{Channel: Companion, Extent: Account, Removes: accountGone, Leaves: keepsRest},
			noAccountWipe, insteadBlock),
		Lock: refused("Symbian S60 cannot be locked from afar.", insteadBlock, insteadTimeout),
		WipeCard: refused("Symbian S60 cannot wipe its storage card alone.",
			Alternative{FullWipe, "A full wipe erases the storage card too."}),
		Locate:     only(locateWay(Companion), noLocate),
		RequestLog: only(logWay(Companion), noLog),
	})
}

func symbian() Row {
	return Row{
		ID: SymbianS60, Variant: "s60", Name: "Symbian S60 3rd edition, Mail for Exchange",
		Recognised: "The user agent says MailforExchange or the device type begins with Nokia.",
		Channels:   []Channel{ActiveSync, Companion}, TLS: V(1, 0),
		Encryption: Encryption{State: OnDemand, Cipher: "256 bit", Words: "256 bit, when the policy asks."},
		when:       when{otherwise: true}, mail: symbianSettings(), app: symbianApp(),
		orders: symbianOrders(Way{
			Channel: ActiveSync, Extent: Device,
			Removes: factoryState + " The storage card is erased too.", Leaves: keepsNothing,
		}),
	}
}

func symbianMailOnly() Row {
	return Row{
		ID: SymbianS60, Variant: "mail-only", Name: "Symbian S60, models N95 and 6120c",
		Recognised: "As Symbian S60, and the model is N95 or 6120c.",
		Channels:   []Channel{ActiveSync, Companion}, TLS: V(1, 0),
		Encryption: Encryption{State: OnDemand, Cipher: "256 bit", Words: "256 bit, when the policy asks."},
		when:       when{words: []string{"n95", "6120c"}}, mail: symbianSettings(), app: symbianApp(),
		orders: symbianOrders(Way{
			Channel: ActiveSync, Extent: App,
			Removes: "The data of Mail for Exchange, and the storage card.",
			Leaves:  "The device's own data and applications: these models do not return to factory state.",
		}),
	}
}
