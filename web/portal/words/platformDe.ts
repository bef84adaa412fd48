import type { PlatformNames, PlatformWords } from '../platform';

const other = 'und dieses Gerät ist auf keinem anderen Weg angemeldet.';

/** What platforms say of commands and are called, in German. One that is missing stops the build. */
export const platformDe: Record<PlatformNames | PlatformWords, string> = {
  'Android with TouchDown': 'Android mit TouchDown',
  'Android, Gmail': 'Android, Gmail',
  'Android, Samsung Email': 'Android, Samsung Email',
  'Android, built-in mail (before 5.0)': 'Android, mitgelieferte E-Mail-App (vor 5.0)',
  'Android, other mail clients': 'Android, andere E-Mail-Apps',
  'BlackBerry with NotifySync': 'BlackBerry mit NotifySync',
  'Computer with an inventory agent': 'Computer mit Inventar-Agent',
  "Linux with Drover's agent": 'Linux mit dem Agenten von Drover',
  'Outlook for iOS and Android': 'Outlook für iOS und Android',
  'Symbian S60, Mail for Exchange': 'Symbian S60, Mail for Exchange',
  Unknown: 'Unbekannt',
  'Windows Mail': 'Windows Mail',
  'Windows Mobile 6.x': 'Windows Mobile 6.x',
  'Windows Phone 7': 'Windows Phone 7',
  'Windows Phone 8 and Windows 10 Mobile': 'Windows Phone 8 und Windows 10 Mobile',
  "Windows with Drover's agent": 'Windows mit dem Agenten von Drover',
  'iOS and iPadOS Mail': 'Mail von iOS und iPadOS',
  "macOS with Drover's agent": 'macOS mit dem Agenten von Drover',
  webOS: 'webOS',

  'A full wipe can be sent; see what it removes first.':
    'Es lässt sich alles löschen; sehen Sie vorher nach, was verloren geht.',
  'A full wipe erases the storage card too.': 'Wird alles gelöscht, dann auch die Speicherkarte.',
  'A policy with a shorter inactivity timeout makes the device lock itself sooner.':
    'Mit einer kürzeren Sperrzeit in der Richtlinie sperrt sich das Gerät früher selbst.',
  "A selective wipe removes TouchDown's data.":
    'Wer die Daten der Organisation löscht, entfernt die Daten von TouchDown.',
  'ActiveSync before 16.1 has no word for removing the account alone, and this device is enrolled in no other channel.': `ActiveSync kann vor 16.1 nicht das Konto allein entfernen, ${other}`,
  'ActiveSync has no word for asking a device what it is, and this device is enrolled in no other channel.': `ActiveSync kann ein Gerät nicht nach seinen Angaben fragen, ${other}`,
  'ActiveSync has no word for clearing a passcode, and this device is enrolled in no other channel.': `ActiveSync kann keinen Code entfernen, ${other}`,
  "ActiveSync has no word for fetching a device's log, and this device is enrolled in no other channel.": `ActiveSync kann kein Protokoll abrufen, ${other}`,
  'ActiveSync has no word for locating a device, and this device is enrolled in no other channel.': `ActiveSync kann kein Gerät orten, ${other}`,
  'ActiveSync has no word for locking a device, and this device is enrolled in no other channel.': `ActiveSync kann kein Gerät sperren, ${other}`,
  'ActiveSync has no word for showing a message, and this device is enrolled in no other channel.': `ActiveSync kann keine Nachricht anzeigen, ${other}`,
  'ActiveSync has no word for wiping the storage card alone, and this device is enrolled in no other channel.': `ActiveSync kann nicht die Speicherkarte allein löschen, ${other}`,
  'All data and all applications: the device returns to factory state.':
    'Alle Daten und alle Apps: Das Gerät kehrt in den Auslieferungszustand zurück.',
  'All data and all applications: the device returns to factory state. The storage card is erased too.':
    'Alle Daten und alle Apps: Das Gerät kehrt in den Auslieferungszustand zurück. Auch die Speicherkarte wird gelöscht.',
  'All data on the storage card.': 'Alle Daten auf der Speicherkarte.',
  'All data, and the mail that the device already holds.':
    'Alle Daten, und die E-Mails, die das Gerät schon hat.',
  'All data.': 'Alle Daten.',
  'All mail, calendar and contacts that Drover manages.':
    'Alle E-Mails, Termine und Kontakte, die Drover verwaltet.',
  "All mail, calendar, contacts and tasks in TouchDown, TouchDown's data on the storage card, and the managed account; TouchDown returns to its state before registration.":
    'Alle E-Mails, Termine, Kontakte und Aufgaben in TouchDown, die Daten von TouchDown auf der Speicherkarte und das verwaltete Konto; TouchDown ist wieder wie vor der Anmeldung.',
  'All mail, calendar, contacts and tasks of the managed account.':
    'Alle E-Mails, Termine, Kontakte und Aufgaben des verwalteten Kontos.',
  'Before Android 10 a Gmail that administers the device can erase all of it.':
    'Vor Android 10 kann Gmail, wenn es das Gerät verwaltet, alles darauf löschen.',
  'Blocking ends mail at the next request; what the device already holds stays there.':
    'Eine Sperre beendet die E-Mail bei der nächsten Anfrage; was das Gerät schon hat, bleibt dort.',
  'Count on the whole device being erased.': 'Rechnen Sie damit, dass das ganze Gerät gelöscht wird.',
  'Depends on the mail client; a storage card is usually not erased.':
    'Hängt von der E-Mail-App ab; eine Speicherkarte wird meist nicht gelöscht.',
  'Everything else on the computer: it does not return to factory state.':
    'Alles andere auf dem Computer: Er kehrt nicht in den Auslieferungszustand zurück.',
  'Everything else on the device.': 'Alles andere auf dem Gerät.',
  'Everything else on the device: it does not return to factory state.':
    'Alles andere auf dem Gerät: Es kehrt nicht in den Auslieferungszustand zurück.',
  'Everything outside Outlook: the device does not return to factory state.':
    'Alles außerhalb von Outlook: Das Gerät kehrt nicht in den Auslieferungszustand zurück.',
  'Everything outside TouchDown; the rest of the storage card, unless the option below is on.':
    'Alles außerhalb von TouchDown; der Rest der Speicherkarte, wenn die unten genannte Option aus ist.',
  'Full wipe is not available with TouchDown on Android 2.0 and 2.1.':
    'Mit TouchDown auf Android 2.0 und 2.1 lässt sich nicht alles löschen.',
  'Full wipe needs Android 2.2 or newer.': 'Alles zu löschen verlangt Android 2.2 oder neuer.',
  'Locking needs Android 2.2 or newer.': 'Sperren verlangt Android 2.2 oder neuer.',
  'Neither ActiveSync nor the companion application of this platform can clear a passcode.':
    'Weder ActiveSync noch die Begleit-App dieser Art von Geräten kann den Code entfernen.',
  'Neither ActiveSync nor the companion application of this platform can wipe the storage card alone.':
    'Weder ActiveSync noch die Begleit-App dieser Art von Geräten kann die Speicherkarte allein löschen.',
  'No selective wipe is known for this platform.':
    'Für diese Art von Geräten ist nicht bekannt, wie sich die Daten der Organisation allein löschen lassen.',
  "Nothing in the device's own storage; what becomes of a storage card is not written.":
    'Nichts im eigenen Speicher des Geräts; was aus einer Speicherkarte wird, steht nirgends.',
  'Nothing on the device itself.': 'Nichts auf dem Gerät selbst.',
  "Nothing; Drover refuses the device's next request.":
    'Nichts; Drover weist die nächste Anfrage des Geräts ab.',
  'Nothing; the device locks, and its unlock password must be entered.':
    'Nichts; das Gerät sperrt sich und verlangt seinen Code.',
  'Nothing; the device reports its position.': 'Nichts; das Gerät meldet, wo es ist.',
  'Nothing; the device sends its log.': 'Nichts; das Gerät schickt sein Protokoll.',
  'Nothing; the device shows the message.': 'Nichts; das Gerät zeigt die Nachricht an.',
  'Nothing; the device tells anew what it is and how it stands.':
    'Nichts; das Gerät teilt neu mit, was es ist und wie es steht.',
  "Outlook's own data on the device.": 'Die eigenen Daten von Outlook auf dem Gerät.',
  'Removing the account alone needs ActiveSync 16.1.':
    'Das Konto allein zu entfernen verlangt ActiveSync 16.1.',
  'Selective wipe needs Android 2.2 or newer.':
    'Die Daten der Organisation zu löschen verlangt Android 2.2 oder neuer.',
  'Supervised devices in lost mode only.': 'Nur betreute Geräte im Modus „Verloren“.',
  'Symbian S60 cannot be locked from afar.': 'Symbian S60 lässt sich nicht aus der Ferne sperren.',
  'Symbian S60 cannot wipe its storage card alone.':
    'Symbian S60 kann seine Speicherkarte nicht allein löschen.',
  "The account's data in Windows Mail.": 'Die Daten des Kontos in Windows Mail.',
  'The client confirms first and then removes.': 'Die App bestätigt erst und entfernt dann.',
  'The command takes effect at once, yet the device can postpone it.':
    'Der Auftrag wirkt sofort, doch das Gerät kann ihn aufschieben.',
  'The data of Mail for Exchange, and the storage card.':
    'Die Daten von Mail for Exchange und die Speicherkarte.',
  'The device is locked as well, where a password is required.':
    'Das Gerät wird auch gesperrt, wenn ein Code verlangt ist.',
  "The device's data and applications where the mail client administers the device; else the account or the client's own data.":
    'Daten und Apps des Geräts, wenn die E-Mail-App das Gerät verwaltet; sonst das Konto oder die eigenen Daten der App.',
  "The device's own data and applications: it does not return to factory state.":
    'Die eigenen Daten und Apps des Geräts: Es kehrt nicht in den Auslieferungszustand zurück.',
  "The device's own data and applications: these models do not return to factory state.":
    'Die eigenen Daten und Apps des Geräts: Diese Modelle kehren nicht in den Auslieferungszustand zurück.',
  "The device's own storage.": 'Der eigene Speicher des Geräts.',
  "The device's passcode; a new one is asked for where the policy requires it.":
    'Der Code des Geräts; ein neuer wird verlangt, wenn die Richtlinie ihn fordert.',
  'The managed account with all its mail, calendar, contacts and tasks, and its credentials.':
    'Das verwaltete Konto mit allen E-Mails, Terminen, Kontakten und Aufgaben und seinen Zugangsdaten.',
  'The managed account with its mail and data, and the entire storage card with saved attachments.':
    'Das verwaltete Konto mit E-Mails und Daten, und die ganze Speicherkarte mit gespeicherten Anhängen.',
  "The managed account's information.": 'Die Angaben des verwalteten Kontos.',
  'The managed account, or the work profile that holds it.':
    'Das verwaltete Konto, oder das Arbeitsprofil, in dem es liegt.',
  'The storage card: it is not erased.': 'Die Speicherkarte: Sie wird nicht gelöscht.',
  'An inventory agent tells what a computer is; it takes no orders.':
    'Ein Inventar-Agent sagt, was ein Computer ist; Anweisungen nimmt er nicht entgegen.',
  'ActiveSync has no word for this, and there is no companion application for this platform.':
    'ActiveSync kann das nicht, und für diese Art von Geräten gibt es keine Begleit-App.',
  'ActiveSync has no word for this, and what else a device of no known platform can do is not known: an administrator can set its platform.':
    'ActiveSync kann das nicht, und was ein Gerät unbekannter Art sonst kann, ist nicht bekannt: Wer die Geräte verwaltet, kann seine Art festlegen.',
  'This command needs ActiveSync, in which this device is not enrolled.':
    'Das geht nur über ActiveSync, und dort ist dieses Gerät nicht angemeldet.',
  'This command needs Apple device management, which Drover does not have.':
    'Das geht nur über die Geräteverwaltung von Apple, und die hat Drover nicht.',
  "This command needs Drover's agent, in which this device is not enrolled.":
    'Das geht nur über den Agenten von Drover, und mit dem ist dieses Gerät nicht angemeldet.',
  'This command needs a companion application, in which this device is not enrolled.':
    'Das geht nur über eine Begleit-App, und mit der ist dieses Gerät nicht angemeldet.',
  'The policy of this device does not ask for its location: a suite with "Location" (audit.location) on must reach it first.':
    'Die Richtlinie dieses Geräts fragt nicht nach seinem Ort: Erst muss in ihr „Location“ (audit.location) eingeschaltet sein.',
  'The policy of this device does not ask for its log: a suite with "Device log" (audit.device-log) on must reach it first.':
    'Die Richtlinie dieses Geräts fragt nicht nach seinem Protokoll: Erst muss in ihr „Device log“ (audit.device-log) eingeschaltet sein.',
  'All mail, calendar, contacts and tasks in TouchDown, the whole storage card, and the managed account; TouchDown returns to its state before registration.':
    'Alle E-Mails, Termine, Kontakte und Aufgaben in TouchDown, die ganze Speicherkarte und das verwaltete Konto; TouchDown ist wieder wie vor der Anmeldung.',
  'Everything outside TouchDown but for the storage card.':
    'Alles außerhalb von TouchDown, nur nicht die Speicherkarte.',
  'Everything outside TouchDown; the rest of the storage card.':
    'Alles außerhalb von TouchDown; der Rest der Speicherkarte.',
  'The policy in force has TouchDown\'s option "Clean SD card on Remote Wipe" on; the device\'s own setting holds until it has taken that.':
    'Nach der geltenden Richtlinie ist in TouchDown die Option „Clean SD card on Remote Wipe“ eingeschaltet; bis das Gerät das übernommen hat, gilt seine eigene Einstellung.',
  'The policy in force has TouchDown\'s option "Clean SD card on Remote Wipe" off; the device\'s own setting holds until it has taken that.':
    'Nach der geltenden Richtlinie ist in TouchDown die Option „Clean SD card on Remote Wipe“ ausgeschaltet; bis das Gerät das übernommen hat, gilt seine eigene Einstellung.',
  'This platform has no storage card.': 'Diese Art von Geräten hat keine Speicherkarte.',
  'Where TouchDown\'s advanced option "Clean SD card on Remote Wipe" is on, the whole storage card is erased.':
    'Wenn in TouchDown die erweiterte Option „Clean SD card on Remote Wipe“ eingeschaltet ist, wird die ganze Speicherkarte gelöscht.',
  'Where the application administers the device.': 'Wenn die App das Gerät verwaltet.',
  'Where the user has allowed the application to know it.': 'Wenn der Benutzer es der App erlaubt hat.',
  'Windows Phone 7 cannot be locked from afar.': 'Windows Phone 7 lässt sich nicht aus der Ferne sperren.',
  'Windows Phone 7 cannot wipe a storage card from afar.':
    'Windows Phone 7 kann eine Speicherkarte nicht aus der Ferne löschen.',
  'Wiping the storage card needs Android 2.2 or newer.':
    'Die Speicherkarte zu löschen verlangt Android 2.2 oder neuer.',
  "A computer has no account of the organization's that could be removed alone.":
    'Ein Computer hat kein Konto der Organisation, das sich allein entfernen ließe.',
  'A computer has no mail here that could be blocked: retire it, and the zone answers it no more.':
    'Ein Computer hat hier keine E-Mails, die sich sperren ließen: Wird er außer Dienst gestellt, antwortet ihm die Zone nicht mehr.',
  'A computer without its agent obeys nothing and tells nothing any more.':
    'Ein Computer ohne seinen Agenten befolgt nichts und meldet nichts mehr.',
  "A computer's passwords are its users'; the agent knows none and clears none.":
    'Die Kennwörter eines Computers gehören seinen Benutzern; der Agent kennt und entfernt keines.',
  "A computer's place is told by its network alone.": 'Wo ein Computer ist, sagt nur sein Netz.',
  "A computer's removable disks are not erased.": 'Wechseldatenträger eines Computers werden nicht gelöscht.',
  'A session without a screen has no lock.': 'Eine Sitzung ohne Bildschirm hat keine Sperre.',
  'Every way to unlock the disks that BitLocker protects, recovery keys included, so that nothing on those can ever be read again; the computer restarts.':
    'Jeder Weg, die von BitLocker geschützten Laufwerke zu entsperren, auch mit Wiederherstellungsschlüsseln: Nichts darauf ist je wieder lesbar. Der Computer startet neu.',
  'Everything that is saved.': 'Alles, was gespeichert ist.',
  'Nothing by itself; from then on whoever administers the computer may remove the agent.':
    'Von selbst nichts; von da an darf den Agenten entfernen, wer den Computer verwaltet.',
  'Nothing; no local account but those named signs in any more.':
    'Nichts; außer den genannten meldet sich kein lokales Konto mehr an.',
  'Nothing; no local person but those named signs in any more, by password or by key.':
    'Nichts; außer den genannten meldet sich niemand mit einem lokalen Konto mehr an, weder mit Kennwort noch mit Schlüssel.',
  'Nothing; the active sessions are disconnected, which shows the sign-in screen.':
    'Nichts; die aktiven Sitzungen werden getrennt, und die Anmeldung erscheint.',
  'Nothing; the agent asks for everything anew and checks every policy.':
    'Nichts; der Agent fragt alles neu ab und prüft jede Richtlinie.',
  'Nothing; the agent sends its own log.': 'Nichts; der Agent sendet sein eigenes Protokoll.',
  'Nothing; the computer tells anew what it is and what is installed.':
    'Nichts; der Computer meldet neu, was er ist und was installiert ist.',
  'Nothing; the displays sleep.': 'Nichts; die Bildschirme schalten ab.',
  'Nothing; the message is shown on the terminals of who is signed in.':
    'Nichts; die Nachricht erscheint auf den Terminals der angemeldeten Personen.',
  'Nothing; the message is shown to who is signed in.':
    'Nichts; die Nachricht erscheint den angemeldeten Personen.',
  'Nothing; the sessions of all users are told to lock.':
    'Nichts; die Sitzungen aller Benutzer werden gesperrt.',
  'Nothing; who was disabled from here signs in again.':
    'Nichts; wer von hier gesperrt wurde, kann sich wieder anmelden.',
  "On macOS this is an order of Apple's own management.":
    'Auf macOS ist das ein Auftrag der Verwaltung von Apple selbst.',
  "Sessions that are open go on, and root's account is as it was.":
    'Offene Sitzungen laufen weiter, und das Konto von root bleibt, wie es war.',
  "The built-in administrator's account and those of a domain are as they were.":
    'Das eingebaute Administratorkonto und die Konten einer Domäne bleiben, wie sie waren.',
  'The keys of every encrypted disk, so that nothing on those can ever be read again; nobody signs in any more, and the computer switches off.':
    'Die Schlüssel aller verschlüsselten Laufwerke: Nichts darauf ist je wieder lesbar. Niemand meldet sich mehr an, und der Computer schaltet sich aus.',
  'They ask for a password where the user or a profile has that on.':
    'Sie fragen nach einem Kennwort, wo der Benutzer oder ein Profil das eingeschaltet hat.',
  "This is an order to computers that Drover's agent manages.":
    'Das ist ein Auftrag an Computer, die der Agent von Drover verwaltet.',
  'What is not saved: the computer restarts in a minute.':
    'Was nicht gespeichert ist: Der Computer startet in einer Minute neu.',
  'What lies on disks that BitLocker does not protect.':
    'Was auf Laufwerken liegt, die BitLocker nicht schützt.',
  'What lies on disks that are not encrypted, and what starts the system.':
    'Was auf unverschlüsselten Laufwerken liegt, und was das System startet.',
  'Where BitLocker protects no disk nothing is erased, and the order fails.':
    'Wo BitLocker kein Laufwerk schützt, wird nichts gelöscht, und der Auftrag schlägt fehl.',
  'Where no disk is encrypted nothing is erased: the accounts are disabled, and the order fails.':
    'Wo kein Laufwerk verschlüsselt ist, wird nichts gelöscht: Die Konten werden gesperrt, und der Auftrag schlägt fehl.',
};
