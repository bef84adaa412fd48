import type { PlatformWords } from '../platform';

const other = 'und dieses Gerät ist auf keinem anderen Weg angemeldet.';

/** What platforms say of commands, in German. One that is missing stops the build. */
export const platformDe: Record<PlatformWords, string> = {
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
  'There is no companion application for this platform.':
    'Für diese Art von Geräten gibt es keine Begleit-App.',
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
};
