package platform

// The rows of the mail clients of today, over ActiveSync.

func todayRows() []Row {
	return []Row{ios10(), windowsPhone8(), gmail(), samsungEmail(), otherAndroid(), outlookMobile(), windowsMail(), unknownRow()}
}

// accountWipe is the account-only wipe, which a client takes from protocol 16.1 on (MS-ASCMD 2.2.3.2).
func accountWipe() Way {
	return Way{
		Channel: ActiveSync, Since: V(16, 1), Extent: Account,
		Removes: "The managed account with all its mail, calendar, contacts and tasks, and its credentials.", Leaves: keepsRest,
		Caveat: "The client confirms first and then removes.",
	}
}

const needs161 = "Removing the account alone needs ActiveSync 16.1."

func ios10() Row {
	return Row{
		ID: IOS, Variant: "10", Name: "iOS 10 and newer, iPadOS",
		Recognised: "Apple's mail client with version 10 or newer, or with none that can be read.",
		Channels:   []Channel{ActiveSync, AppleMDM, Companion}, TLS: V(1, 3),
		Encryption: Encryption{State: AlwaysEncrypted, Cipher: "AES-256", Words: "AES-256. " + alwaysOn},
		when:       when{from: V(10), otherwise: true},
		mail: iosSettings(ignored(alwaysOn, EncryptDevice), ignored(noCard, EncryptCard),
			ignored("Early versions only.", AllowBrowser)),
		app: iosApp(), apple: iosProfile(),
		orders: orders(map[Command]Order{
			FullWipe: ways(
				Way{Channel: ActiveSync, Extent: Device, Removes: factoryState, Leaves: keepsNothing},
				Way{Channel: AppleMDM, Extent: Device, Removes: factoryState, Leaves: keepsNothing}),
			SelectiveWipe: {Refusal: needs161, Alternatives: []Alternative{insteadBlock}, Ways: []Way{
				{
					Channel: AppleMDM, Extent: Account, Removes: "All mail, calendar and contacts that Drover manages.",
					Leaves: keepsRest, Caveat: "The command takes effect at once, yet the device can postpone it.",
				},
				accountWipe(),
			}},
			Lock:          only(lockWay(AppleMDM), noLock, insteadBlock, insteadTimeout),
			WipeCard:      refused(noCard),
			ClearPasscode: only(clearWay(AppleMDM), noClear),
			Locate: {Refusal: noLocate, Ways: []Way{
				{
					Channel: Companion, Extent: Nothing, Removes: "Nothing; the device reports its position.",
					Leaves: keepsAll, Caveat: "Where the user has allowed the application to know it.", Needs: AuditLocation,
				},
				{
					Channel: AppleMDM, Extent: Nothing, Removes: "Nothing; the device reports its position.",
					Leaves: keepsAll, Caveat: "Supervised devices in lost mode only.",
				},
			}},
			RequestLog: only(logWay(Companion), noLog),
		}),
	}
}

func windowsPhone8() Row {
	return Row{
		ID: WindowsPhone8, Name: "Windows Phone 8 and Windows 10 Mobile",
		Recognised: "The user agent begins with MSFT-WP and a version of 8 or newer, or the device type is WP8.",
		Channels:   []Channel{ActiveSync},
		Encryption: Encryption{State: OnDemand, Words: "Encrypts the device when the policy asks."},
		Notes:      []string{"Version 8.0 speaks TLS 1.0 by default and 8.1 speaks 1.2, so whether it connects directly shows at its first try."},
		when:       when{otherwise: true},
		mail: answers(Answer{Ignored, "Windows Phone has no such policy."},
			yes(PasswordRequired, PasswordMinLength, PasswordAllowSimple, PasswordAlphanumeric, PasswordComplexGroups,
				PasswordExpiration, PasswordHistory, PasswordMaxFailures, LockInactivity, EncryptDevice, AllowStorageCard)),
		orders: orders(map[Command]Order{
			FullWipe: ways(Way{
				Channel: ActiveSync, Extent: Device, Removes: factoryState,
				Leaves: "Nothing in the device's own storage; what becomes of a storage card is not written.",
			}),
			SelectiveWipe: only(accountWipe(), needs161, insteadBlock),
		}),
	}
}

// uncertainWipe is what an Android client that may or may not administer the device does when told to wipe.
func uncertainWipe() Way {
	return Way{
		Channel: ActiveSync, Extent: Uncertain,
		Removes: "The device's data and applications where the mail client administers the device; else the account or the client's own data.",
		Leaves:  "Depends on the mail client; a storage card is usually not erased.",
		Caveat:  "Count on the whole device being erased.",
	}
}

// androidAppToday are the answers of a companion application on Android 5 and newer.
func androidAppToday(more ...group) sheet {
	const admin = "Where the application administers the device; Android 10 and newer may keep a level only."
	return answers(Answer{Ignored, "An application that is not the device's owner cannot set it."}, append([]group{
		appAll(), yes(AuditLocation, AuditLocationInterval, AuditLocationExact), ownerApp,
		partly(admin, PasswordRequired, PasswordQuality, PasswordMinLength, PasswordAlphanumeric, PasswordComplexGroups,
			PasswordExpiration, PasswordHistory, PasswordMaxFailures, LockInactivity),
		partly("Where the application administers the device.", AllowCamera, EncryptDevice),
		partly("Folders that the user has opened to the application.", AuditFiles, AuditFilePaths, AuditFileTypes, AuditFileSize),
		partly("Where the SIM card holds the number and its user lets the application read it.", AuditPhoneNumber),
		ignored("Android tells it to the telephone and message applications alone.", AuditPhoneLog, AuditTextLog, AuditTextBodies),
		ignored("Samsung models with Knox only.", knoxKeys...),
	}, more...)...)
}

func gmail() Row {
	const band = "Only the level none, low, medium or high is kept, which Gmail derives from required, simple, " +
		"alphanumeric and length (under 4, 4, over 4)."
	const fixed = "Gmail on Android 10 and newer cannot set it."
	return Row{
		ID: AndroidGmail, Name: "Android 5 and newer, Gmail",
		Recognised: "The user agent begins with Android-Mail, and the system is not older than Android 5.",
		Channels:   []Channel{ActiveSync, Companion}, TLS: V(1, 3),
		Encryption: Encryption{State: AlwaysEncrypted, Words: "Android encrypts by itself from version 10 on; the policy does not change it."},
		when:       when{otherwise: true},
		mail: answers(Answer{Ignored, "Gmail does not keep it."},
			partly(band, PasswordRequired, PasswordAllowSimple, PasswordAlphanumeric, PasswordMinLength),
			ignored(fixed, PasswordExpiration, PasswordHistory, PasswordMaxFailures, LockInactivity, EncryptDevice),
			partly("Where this version of Gmail keeps it.", AllowAttachments, MaxAttachmentSize, ManualSyncRoaming)),
		app: androidAppToday(),
		orders: androidAppOrders(map[Command]Order{
			FullWipe: ways(Way{
				Channel: ActiveSync, Extent: Account,
				Removes: "The managed account, or the work profile that holds it.",
				Leaves:  "Everything else on the device: it does not return to factory state.",
				Caveat:  "Before Android 10 a Gmail that administers the device can erase all of it.",
			}),
			SelectiveWipe: only(accountWipe(), needs161, insteadBlock, insteadWipe),
		}),
	}
}

func samsungEmail() Row {
	return Row{
		ID: AndroidSamsung, Name: "Android 5 and newer, Samsung Email",
		Recognised: "The user agent or device type begins with Samsung, and the system is not older than Android 5.",
		Channels:   []Channel{ActiveSync, Companion}, TLS: V(1, 3),
		Encryption: Encryption{State: OnDemand, Words: "When the policy asks; devices of Android 10 and newer encrypt by themselves."},
		when:       when{otherwise: true},
		mail: answers(Answer{Ignored, "Nothing is written that Samsung Email keeps it."},
			partly("On Android 10 and newer the system may keep a level only.", PasswordRequired, PasswordMinLength,
				PasswordAllowSimple, PasswordAlphanumeric, PasswordComplexGroups, PasswordExpiration, PasswordHistory,
				PasswordMaxFailures, LockInactivity),
			yes(AllowAttachments, MaxAttachmentSize, ManualSyncRoaming),
			partly("Where the client administers the device.", AllowCamera, EncryptDevice, EncryptCard)),
		app: androidAppToday(knoxApp),
		orders: androidAppOrders(map[Command]Order{
			FullWipe:      ways(uncertainWipe()),
			SelectiveWipe: only(accountWipe(), needs161, insteadBlock),
		}),
	}
}

func otherAndroid() Row {
	return Row{
		ID: AndroidEAS, Name: "Android 5 and newer, other mail clients",
		Recognised: "The device type or user agent begins with Android, and no better sign fits.",
		Channels:   []Channel{ActiveSync, Companion},
		Encryption: Encryption{State: Untold, Words: "Devices of Android 10 and newer encrypt by themselves; older ones depend on the model."},
		Notes:      []string{"Android speaks TLS 1.2 from version 5 on."},
		when:       when{otherwise: true},
		mail: answers(Answer{Unknown, "Depends on the mail client."},
			partly("On Android 10 and newer the system may keep a level only.", PasswordRequired, PasswordMinLength,
				PasswordAllowSimple, PasswordAlphanumeric),
			partly("Where the client administers the device.", PasswordComplexGroups, PasswordExpiration,
				PasswordHistory, PasswordMaxFailures, LockInactivity, EncryptDevice, EncryptCard, AllowCamera)),
		app: androidAppToday(),
		orders: androidAppOrders(map[Command]Order{
			FullWipe:      ways(uncertainWipe()),
			SelectiveWipe: only(accountWipe(), needs161, insteadBlock),
		}),
	}
}

func outlookMobile() Row {
	return Row{
		ID: OutlookMobile, Name: "Outlook for iOS and Android",
		Recognised: "The user agent begins with Outlook-iOS or Outlook-Android, or the device type is Outlook.",
		Channels:   []Channel{ActiveSync}, TLS: V(1, 2),
		Encryption: Encryption{State: Untold, Words: "Rests on the device's own encryption."},
		Notes: []string{"Requests come from the vendor's cloud, which holds the user's credentials and mail: their address " +
			"is the cloud's, not the phone's."},
		when: when{otherwise: true},
		mail: answers(Answer{Ignored, "Outlook does not keep it."},
			partly("Outlook asks for a device passcode; the system checks it.", PasswordRequired),
			partly("Left to the system's passcode rules.", PasswordMinLength, PasswordAllowSimple, PasswordAlphanumeric,
				PasswordComplexGroups),
			partly("Governs wearables.", AllowBluetooth)),
		orders: orders(map[Command]Order{
			FullWipe: ways(Way{
				Channel: ActiveSync, Extent: App, Removes: "Outlook's own data on the device.",
				Leaves: "Everything outside Outlook: the device does not return to factory state.",
			}),
			SelectiveWipe: only(accountWipe(), needs161, insteadBlock, insteadWipe),
		}),
	}
}

func windowsMail() Row {
	return Row{
		ID: WindowsMail, Name: "Windows Mail (Windows 8 to 11)",
		Recognised: "The user agent begins with MSFT-WIN, or the device type is WindowsMail or UniversalOutlook.",
		Channels:   []Channel{ActiveSync}, TLS: V(1, 2),
		Encryption: Encryption{State: OnDemand, Words: "The device's own encryption, which Windows asks the user to turn on."},
		when:       when{otherwise: true},
		mail: answers(Answer{Ignored, "Windows Mail does not keep it."},
			yes(PasswordRequired, PasswordMinLength, PasswordMaxFailures, LockInactivity),
			partly("Kept for local Windows accounts.", PasswordComplexGroups, PasswordAlphanumeric, PasswordExpiration,
				PasswordHistory),
			partly("Forbids sign-in by picture or PIN where it is not allowed.", PasswordAllowSimple),
			partly("Windows asks the user; not every edition can.", EncryptDevice)),
		orders: orders(map[Command]Order{
			FullWipe: ways(Way{
				Channel: ActiveSync, Extent: Account, Removes: "The account's data in Windows Mail.",
				Leaves: "Everything else on the computer: it does not return to factory state.",
			}),
			SelectiveWipe: only(accountWipe(), needs161, insteadBlock, insteadWipe),
		}),
	}
}

func unknownRow() Row {
	return Row{
		ID: UnknownPlatform, Name: "Unknown",
		Recognised: "Nothing the device says fits a known platform.",
		Channels:   []Channel{ActiveSync},
		Encryption: Encryption{State: Untold, Words: "Not known."},
		when:       when{otherwise: true},
		mail:       answers(Answer{Unknown, "Nothing is known about this client."}),
		orders: orders(map[Command]Order{
			FullWipe:      ways(uncertainWipe()),
			SelectiveWipe: only(accountWipe(), needs161, insteadBlock),
		}),
	}
}
