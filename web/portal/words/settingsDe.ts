import type { SettingWords } from '../settings';

/** The names, explanations and choices of policy settings in German. One that is missing stops the build. */
export const settingsDe: Record<SettingWords, string> = {
  Password: 'Code',
  'Require a password': 'Code verlangt',
  'The device must be locked with a password, PIN or pattern. Without it no other password rule counts.':
    'Das Gerät muss mit einem Code gesperrt sein: Passwort, PIN oder Muster. Sonst gilt keine andere Regel für Codes.',
  'Strength of the password': 'Stärke des Codes',
  'What kind of password is enough. ActiveSync has no word for it: there, the settings of letters and digits and of kinds of characters count.':
    'Welche Art von Code genügt. ActiveSync kann das nicht ausdrücken: Dort zählen die Einstellungen für Buchstaben und Ziffern und für Arten von Zeichen.',
  Any: 'beliebig',
  'Digits or more': 'mindestens Ziffern',
  'Letters and digits': 'Buchstaben und Ziffern',
  Complex: 'komplex',
  'Minimum length': 'Mindestlänge',
  'The least number of characters. 0 sets none.':
    'So viele Zeichen muss der Code mindestens haben. 0 setzt keine Grenze.',
  'Allow simple passwords': 'Einfache Codes erlaubt',
  'Passwords such as 1111 or 1234.': 'Codes wie 1111 oder 1234.',
  'Require letters and digits': 'Buchstaben und Ziffern verlangt',
  'A password of digits alone is not enough.': 'Ein Code nur aus Ziffern genügt nicht.',
  'Kinds of characters': 'Arten von Zeichen',
  'How many of the four kinds (lower case, upper case, digits, others) the password must hold. Counts only where letters and digits are required. 0 sets none.':
    'Wie viele der vier Arten (Kleinbuchstaben, Großbuchstaben, Ziffern, andere) im Code vorkommen müssen. Gilt nur, wenn Buchstaben und Ziffern verlangt sind. 0 verlangt keine.',
  'Expires after': 'Höchstalter des Codes',
  'When the password expires, the device locks; the user unlocks it with the old one and must choose a new one. 0 means never, which current guidance advises.':
    'Ist der Code zu alt, sperrt sich das Gerät; Sie entsperren es mit dem alten und müssen einen neuen wählen. 0 heißt nie, wie es heute empfohlen wird.',
  'Remember old passwords': 'Frühere Codes gesperrt',
  'How many old passwords cannot be used again. With 10, the oldest becomes free at the eleventh change. 0 remembers none.':
    'So viele frühere Codes dürfen nicht noch einmal verwendet werden. Bei 10 wird der älteste mit dem elften Wechsel wieder frei. 0 sperrt keinen.',
  'Wrong passwords until the device erases itself': 'Falsche Eingaben, bis sich das Gerät löscht',
  'After so many wrong passwords in a row the device erases itself; nobody can call that back. A computer locks the account for a time instead. 0 does neither.':
    'Nach so vielen falschen Codes hintereinander löscht sich das Gerät selbst; das lässt sich nicht rückgängig machen. Ein Computer sperrt stattdessen das Konto für einige Zeit. Bei 0 geschieht nichts davon.',
  'Wrong passwords until typing is shown': 'Falsche Eingaben, bis die Eingabe sichtbar wird',
  'After so many wrong passwords the device shows what is typed, so that the mistake can be seen. They must be fewer than those after which it erases itself. 0 never does.':
    'Nach so vielen falschen Codes zeigt das Gerät, was eingegeben wird, damit der Fehler zu sehen ist. Es müssen weniger sein als die, nach denen es sich löscht. 0 heißt nie.',
  'Allow a recovery password': 'Wiederherstellungscode erlaubt',
  'A second password that unlocks the device when the first is forgotten. The device may store it with the mail server.':
    'Ein zweiter Code, der das Gerät entsperrt, wenn der erste vergessen ist. Das Gerät darf ihn beim E-Mail-Server hinterlegen.',

  Lock: 'Sperre',
  'Lock after inactivity': 'Sperre ohne Benutzung nach',
  'The longest idle time before the device locks itself; the user may choose a shorter one, not a longer. 0 sets none. Counts only where a password is required.':
    'Spätestens nach dieser Zeit ohne Benutzung sperrt sich das Gerät; Sie dürfen eine kürzere wählen, keine längere. 0 setzt keine Grenze. Gilt nur, wenn ein Code verlangt ist.',
  'Lock regardless of use': 'Sperre auch bei Benutzung nach',
  'The device locks after this time, in use or not. It must be longer than the lock after inactivity. 0 sets none.':
    'Nach dieser Zeit sperrt sich das Gerät, ob es benutzt wird oder nicht. Sie ist länger als die Zeit ohne Benutzung. 0 setzt keine Grenze.',
  'Emergency calls': 'Notrufe',
  'Numbers that can be called while the device is locked, beside those of the system.':
    'Nummern, die sich auch bei gesperrtem Gerät anrufen lassen, neben denen des Systems.',

  Encryption: 'Verschlüsselung',
  'Encrypt the device': 'Verschlüsselung des Geräts verlangt',
  'What is stored on the device must be encrypted, so that no finder can read it. How much that covers differs by platform; ActiveSync before 12.1 cannot ask for it.':
    'Was auf dem Gerät gespeichert ist, muss verschlüsselt sein, damit kein Finder es lesen kann. Was das umfasst, hängt von der Art des Geräts ab; ActiveSync vor 12.1 kann es nicht verlangen.',
  'Strength of encryption': 'Stärke der Verschlüsselung',
  'How hard the encryption is to break: the more bits, the harder. Counts for applications that offer the choice; others have one cipher.':
    'Wie schwer die Verschlüsselung zu brechen ist: je mehr Bit, desto schwerer. Gilt für Apps, die eine Wahl bieten; andere haben nur ein Verfahren.',
  'Secure (128 bit)': 'sicher (128 Bit)',
  'More secure (192 bit)': 'sicherer (192 Bit)',
  'Most secure (256 bit)': 'am sichersten (256 Bit)',
  'Encrypt the storage card': 'Verschlüsselung der Speicherkarte verlangt',
  'Data on a removable card must be encrypted. Devices without one ignore it.':
    'Daten auf einer herausnehmbaren Karte müssen verschlüsselt sein. Für Geräte ohne Karte ist das ohne Bedeutung.',

  'Device control': 'Funktionen des Geräts',
  'Allow the camera': 'Kamera erlaubt',
  "Photos and videos can be taken. To forbid it, some devices only hide the camera's application.":
    'Fotos und Videos lassen sich aufnehmen. Ist das verboten, wird auf manchen Geräten nur die Kamera-App versteckt.',
  'Allow storage cards': 'Speicherkarten erlaubt',
  'Removable cards can be read and written.': 'Herausnehmbare Karten lassen sich lesen und beschreiben.',
  'Allow Bluetooth': 'Bluetooth',
  'Hands-free allows headsets and car kits, and no transfer of files.':
    'Freisprechen erlaubt Headsets und Freisprechanlagen, aber keine Übertragung von Dateien.',
  Off: 'aus',
  'Hands-free only': 'nur Freisprechen',
  On: 'ein',
  'Allow Wi-Fi': 'WLAN erlaubt',
  'Without it the device uses the mobile network alone.': 'Sonst nutzt das Gerät nur das Mobilfunknetz.',
  'Allow infrared': 'Infrarot erlaubt',
  'Connections over the infrared port.': 'Verbindungen über die Infrarotschnittstelle.',
  'Allow text messages': 'Kurznachrichten erlaubt',
  'SMS and the like, beside mail.': 'SMS und Ähnliches, neben E-Mail.',
  'Allow sharing the internet connection': 'Freigabe der Internetverbindung erlaubt',
  'Other devices can go online through this one, such as over its hotspot.':
    'Andere Geräte können über dieses ins Internet, etwa über seinen Hotspot.',
  'Allow synchronizing with a computer': 'Abgleich mit einem Computer erlaubt',
  'By cable, Bluetooth or infrared, past the mail server.':
    'Über Kabel, Bluetooth oder Infrarot, am E-Mail-Server vorbei.',
  'Allow controlling other computers': 'Bedienen anderer Computer erlaubt',
  'The device can show the screen of a computer elsewhere and be its keyboard and mouse (remote desktop).':
    'Das Gerät kann den Bildschirm eines entfernten Computers zeigen und ihm Tastatur und Maus sein (Remotedesktop).',
  'Allow the browser': 'Browser erlaubt',
  'The browser that came with the device; installed ones are not touched.':
    'Der mitgelieferte Browser; selbst installierte betrifft das nicht.',
  'Allow consumer mail': 'Private E-Mail-Dienste erlaubt',
  'Private accounts with webmail services.': 'Private Konten bei E-Mail-Anbietern im Web.',
  'Allow POP and IMAP accounts': 'Konten mit POP und IMAP erlaubt',
  'Other mail accounts beside this one.': 'Weitere E-Mail-Konten neben diesem.',
  'Allow opening shared documents': 'Öffnen freigegebener Dokumente erlaubt',
  'Files in folders of the organization can be opened, through the mail server. ActiveSync 12.0 alone can forbid it.':
    'Dateien in Ordnern der Organisation lassen sich öffnen, über den E-Mail-Server. Nur ActiveSync 12.0 kann das verbieten.',

  Applications: 'Apps',
  'Allow unsigned applications': 'Nicht signierte Apps erlaubt',
  'Applications that no known publisher has signed may run.':
    'Apps dürfen laufen, die kein bekannter Hersteller signiert hat.',
  'Allow unsigned installation packages': 'Nicht signierte Installationspakete erlaubt',
  'Packages that no known publisher has signed may be installed.':
    'Pakete dürfen installiert werden, die kein bekannter Hersteller signiert hat.',
  'Blocked built-in applications': 'Gesperrte mitgelieferte Apps',
  "Applications that came with the device and must not run. Each is named by its file in the device's ROM.":
    'Mitgelieferte Apps, die nicht laufen dürfen. Jede ist mit ihrer Datei im Festspeicher (ROM) des Geräts genannt.',
  'Approved applications': 'Zugelassene Apps',
  'These applications alone may run; where the list is empty, all may. Each is named by its SHA-1 hash, of 40 hexadecimal digits.':
    'Nur diese Apps dürfen laufen; ist die Liste leer, dürfen es alle. Jede ist mit ihrer Prüfsumme (SHA-1, 40 hexadezimale Ziffern) genannt.',

  'File share': 'Freigegebene Dateien',
  'Shared folders': 'Freigegebene Ordner',
  'Folders of the organization whose files the companion application shows. An empty list shows none.':
    'Ordner der Organisation, deren Dateien die Begleit-App zeigt. Eine leere Liste zeigt keine.',

  'What the organization provides': 'Was die Organisation bereitstellt',
  'Provide mail': 'E-Mails bereitgestellt',
  'Mail of the managed account.': 'Die E-Mails des verwalteten Kontos.',
  'Provide the calendar': 'Kalender bereitgestellt',
  'The calendar of the managed account.': 'Der Kalender des verwalteten Kontos.',
  'Provide contacts': 'Kontakte bereitgestellt',
  'The contacts of the managed account.': 'Die Kontakte des verwalteten Kontos.',
  'Provide tasks': 'Aufgaben bereitgestellt',
  'Provide applications': 'Apps bereitgestellt',
  'The tasks of the managed account.': 'Die Aufgaben des verwalteten Kontos.',
  "The list of the organization's applications.": 'Die Liste der Apps der Organisation.',
  'Provide files': 'Dateien bereitgestellt',
  'The files of the shared folders that the policy names.':
    'Die Dateien der freigegebenen Ordner, die die Richtlinie nennt.',
  'Provide networks': 'Netze bereitgestellt',
  'Wi-Fi, VPN and the like that the organization sets up.':
    'WLAN, VPN und Ähnliches, was die Organisation einrichtet.',

  'Mail and synchronization': 'E-Mail und Abgleich',
  'Allow attachments': 'Anhänge erlaubt',
  'Attachments can be fetched to the device.': 'Anhänge lassen sich auf das Gerät laden.',
  'Largest attachment': 'Größter Anhang',
  'Larger ones are not fetched. 0 sets no limit.': 'Größere werden nicht geladen. 0 setzt keine Grenze.',
  'Mail on the device': 'E-Mails auf dem Gerät',
  'Older mail does not come to the device.': 'Ältere E-Mails kommen nicht auf das Gerät.',
  All: 'alle',
  'Of the last day': 'des letzten Tages',
  'Of the last 3 days': 'der letzten 3 Tage',
  'Of the last week': 'der letzten Woche',
  'Of the last 2 weeks': 'der letzten 2 Wochen',
  'Of the last month': 'des letzten Monats',
  'Events on the device': 'Termine auf dem Gerät',
  'Older events do not come to the device.': 'Ältere Termine kommen nicht auf das Gerät.',
  'Of the last 3 months': 'der letzten 3 Monate',
  'Of the last 6 months': 'der letzten 6 Monate',
  'Longest text of plain mail': 'Längster Text einer E-Mail ohne Gestaltung',
  'Longest text of HTML mail': 'Längster Text einer E-Mail mit HTML',
  'Longer texts are cut. 0 brings only who wrote, when and about what; -1 sets no limit.':
    'Längere Texte werden gekürzt. Bei 0 kommen nur Absender, Zeit und Betreff; -1 setzt keine Grenze.',
  'Allow HTML mail': 'E-Mails mit HTML erlaubt',
  'Otherwise mail arrives as plain text.': 'Sonst kommen E-Mails als reiner Text an.',
  'Synchronize by hand while roaming': 'Im fremden Netz nur auf Wunsch abgleichen',
  'In foreign networks nothing is fetched unless the user asks.':
    'In fremden Netzen wird nur geladen, was Sie selbst anstoßen.',

  'Signed and encrypted mail': 'Signierte und verschlüsselte E-Mail',
  'Sign all mail': 'Signatur aller E-Mails verlangt',
  'Outgoing mail must carry an S/MIME signature.':
    'Ausgehende E-Mails müssen eine Signatur nach S/MIME tragen.',
  'Encrypt all mail': 'Verschlüsselung aller E-Mails verlangt',
  'Outgoing mail must be encrypted with S/MIME.': 'Ausgehende E-Mails müssen mit S/MIME verschlüsselt sein.',
  'Signing algorithm': 'Verfahren zum Signieren',
  'Encryption algorithm': 'Verfahren zum Verschlüsseln',
  'The method by which mail is signed. ActiveSync can ask for no better ones.':
    'Wie E-Mails signiert werden. Bessere Verfahren kann ActiveSync nicht verlangen.',
  'The method by which mail is encrypted. ActiveSync can ask for no better ones.':
    'Wie E-Mails verschlüsselt werden. Bessere Verfahren kann ActiveSync nicht verlangen.',
  'SHA-1': 'SHA-1',
  MD5: 'MD5',
  '3DES': '3DES',
  DES: 'DES',
  'RC2, 128 bit': 'RC2, 128 Bit',
  'RC2, 64 bit': 'RC2, 64 Bit',
  'RC2, 40 bit': 'RC2, 40 Bit',
  'Allow other encryption algorithms': 'Andere Verfahren zum Verschlüsseln erlaubt',
  'Whether the device may encrypt by another method for a recipient whose certificate does not support the one asked for.':
    'Ob das Gerät anders verschlüsseln darf, wenn das Zertifikat eines Empfängers das verlangte Verfahren nicht unterstützt.',
  No: 'nein',
  'Strong ones only': 'nur starke',
  'Allow certificates in software': 'Zertifikate in Software erlaubt',
  'Certificates that are not on a smart card.': 'Zertifikate, die nicht auf einer Chipkarte liegen.',

  'iOS: device features': 'iOS: Funktionen des Geräts',
  'Allow installing applications': 'Installieren von Apps erlaubt',
  'From the store, by the user.': 'Durch den Benutzer, aus dem Store.',
  'Allow FaceTime': 'FaceTime erlaubt',
  'Calls with pictures.': 'Anrufe mit Bild.',
  'Allow screen capture': 'Bildschirmfotos erlaubt',
  'Pictures of the screen.': 'Bilder dessen, was der Bildschirm zeigt.',
  'Allow voice dialling': 'Sprachwahl erlaubt',
  'Calls by voice, also while locked.': 'Anrufe auf Zuruf, auch bei gesperrtem Gerät.',
  'Allow Siri': 'Siri erlaubt',
  'What is said goes to Apple.': 'Was gesagt wird, geht an Apple.',
  'Allow Siri while locked': 'Siri bei gesperrtem Gerät erlaubt',
  'Siri answers without the passcode.': 'Siri antwortet ohne den Code.',
  'Allow purchases in applications': 'Käufe in Apps erlaubt',
  'Within installed applications.': 'In installierten Apps.',
  'Allow multiplayer gaming': 'Spiele mit mehreren erlaubt',
  'In Game Center.': 'Im Game Center.',
  'Allow adding friends': 'Hinzufügen von Freunden erlaubt',
  'Allow automatic synchronization while roaming': 'Selbsttätiger Abgleich im fremden Netz erlaubt',
  'Accounts fetch by themselves in foreign networks.': 'Konten laden in fremden Netzen von selbst.',
  'Show Passbook while locked': 'Passbook bei gesperrtem Gerät sichtbar',
  'Passes appear on the lock screen.': 'Karten und Tickets erscheinen auf dem Sperrbildschirm.',

  'iOS: applications and Safari': 'iOS: Apps und Safari',
  'Allow YouTube': 'YouTube erlaubt',
  'The application that came with old systems.': 'Die App, die mit alten Systemen kam.',
  'Allow the iTunes Store': 'iTunes Store erlaubt',
  'Music and films of the store.': 'Musik und Filme aus dem Store.',
  'Ask for the iTunes password each time': 'iTunes-Passwort jedes Mal verlangt',
  'Each purchase asks for it.': 'Bei jedem Kauf.',
  'Allow Safari': 'Safari erlaubt',
  'The browser that came with the device.': 'Der mitgelieferte Browser.',
  'Allow autofill': 'Automatisches Ausfüllen erlaubt',
  'Safari keeps names and passwords.': 'Safari merkt sich Namen und Passwörter.',
  'Force fraud warnings': 'Warnung vor Betrug erzwungen',
  'Safari warns of pages that pretend.': 'Safari warnt vor Seiten, die sich für andere ausgeben.',
  'Allow JavaScript': 'JavaScript erlaubt',
  'In Safari.': 'In Safari.',
  'Allow pop-ups': 'Pop-ups erlaubt',
  'Accept cookies': 'Cookies annehmen',
  Never: 'nie',
  'From pages that were visited': 'von besuchten Seiten',
  Always: 'immer',

  'iOS: age ratings': 'iOS: Altersfreigaben',
  'Country of the age ratings': 'Land der Altersfreigaben',
  'The country whose age ratings count. Two letters, such as US or DE; empty leaves it to the device.':
    'Das Land, dessen Altersfreigaben gelten. Zwei Buchstaben, etwa US oder DE; leer überlässt es dem Gerät.',
  'Highest age rating of films': 'Höchste Altersfreigabe von Filmen',
  'Highest age rating of television': 'Höchste Altersfreigabe von Fernsehsendungen',
  'Highest age rating of applications': 'Höchste Altersfreigabe von Apps',
  'What is rated for older people than this cannot be seen or used. Apple has a number for each rating of a country: 0 allows nothing, 1000 everything.':
    'Was erst für Ältere freigegeben ist, lässt sich nicht ansehen oder benutzen. Apple hat für jede Freigabe eines Landes eine Zahl: 0 erlaubt nichts, 1000 alles.',
  'Allow explicit content': 'Anstößige Inhalte erlaubt',
  'In music, podcasts and books.': 'In Musik, Podcasts und Büchern.',

  'iOS: security': 'iOS: Sicherheit',
  'Allow diagnostic data to Apple': 'Diagnosedaten an Apple erlaubt',
  'Sent by the system.': 'Das System schickt sie.',
  'Allow servers that nobody vouches for': 'Server erlaubt, für die niemand bürgt',
  'The user may go on although a page or a mail server cannot prove whose it is (its TLS certificate is not trusted).':
    'Sie dürfen weitermachen, obwohl eine Webseite oder ein E-Mail-Server nicht nachweisen kann, von wem sie oder er stammt (dem TLS-Zertifikat wird nicht vertraut).',
  'Force encrypted backups': 'Verschlüsselte Sicherungen erzwungen',
  'Backups on a computer carry a password.':
    'Sicherungen auf einem Computer sind mit einem Passwort geschützt.',
  'Allow removing the profile': 'Entfernen des Profils erlaubt',
  'The user may end management.': 'Sie dürfen die Verwaltung beenden.',

  'iOS: iCloud': 'iOS: iCloud',
  'Allow backup to iCloud': 'Sicherung in iCloud erlaubt',
  "The device's data goes to Apple.": 'Die Daten des Geräts gehen an Apple.',
  'Allow documents in iCloud': 'Dokumente in iCloud erlaubt',
  'Documents and data of applications.': 'Dokumente und Daten von Apps.',
  'Allow the keychain in iCloud': 'Schlüsselbund in iCloud erlaubt',
  'Passwords go to Apple, encrypted.': 'Passwörter gehen verschlüsselt an Apple.',
  'Allow the photo stream': 'Fotostream erlaubt',
  "New photos go to the user's other devices.": 'Neue Fotos gehen an Ihre anderen Geräte.',
  'Allow shared streams': 'Geteilte Fotostreams erlaubt',
  'Photos shared with others.': 'Fotos, die mit anderen geteilt sind.',

  'iOS: managed documents': 'iOS: verwaltete Dokumente',
  'Open managed documents elsewhere': 'Verwaltete Dokumente in anderen Apps erlaubt',
  'Documents of managed accounts in other applications.':
    'Dokumente verwalteter Konten lassen sich in anderen Apps öffnen.',
  'Open other documents in managed applications': 'Andere Dokumente in verwalteten Apps erlaubt',
  'Documents of other accounts in managed applications.':
    'Dokumente anderer Konten lassen sich in verwalteten Apps öffnen.',

  'iOS: supervised devices': 'iOS: betreute Geräte',
  'Allow AirDrop': 'AirDrop erlaubt',
  'Files to devices near by.': 'Dateien an Geräte in der Nähe.',
  'Allow iMessage': 'iMessage erlaubt',
  'Messages over Apple.': 'Nachrichten über Apple.',
  'Allow Game Center': 'Game Center erlaubt',
  'Its application disappears otherwise.': 'Sonst verschwindet die App.',
  'Allow changing accounts': 'Ändern von Konten erlaubt',
  'The user may add and remove accounts.': 'Sie dürfen Konten hinzufügen und entfernen.',
  'Allow removing applications': 'Entfernen von Apps erlaubt',
  'By the user.': 'Durch den Benutzer.',
  'Allow connecting to any computer': 'Verbinden mit jedem Computer erlaubt',
  'Otherwise the device connects only to the computer by which the organization set it up (supervision).':
    'Sonst verbindet sich das Gerät nur mit dem Computer, mit dem die Organisation es eingerichtet hat (Betreuung).',
  "Force Siri's profanity filter": 'Siris Filter für Schimpfwörter erzwungen',
  'Siri hides rude words.': 'Siri verbirgt grobe Wörter.',
  'Allow installing profiles': 'Installieren von Profilen erlaubt',
  'Single application': 'Einzige App',
  'The device shows this application alone, such as org.example.reader. Empty shows all.':
    'Das Gerät zeigt nur diese App, etwa org.example.reader. Leer zeigt alle.',
  'Global proxy': 'Proxy für alle Webseiten',
  'All web traffic goes over it, such as proxy.example.org:3128. Empty uses none.':
    'Alle Aufrufe von Webseiten gehen über ihn, etwa proxy.example.org:3128. Leer nutzt keinen.',

  TouchDown: 'TouchDown',
  'Require TouchDown': 'TouchDown verlangt',
  'Mail is read with TouchDown alone.': 'E-Mails werden nur mit TouchDown gelesen.',
  "Let the device's password replace TouchDown's PIN": 'Code des Geräts ersetzt die PIN von TouchDown',
  'Where the device has a password, TouchDown asks for no PIN of its own.':
    'Hat das Gerät einen Code, verlangt TouchDown keine eigene PIN.',
  'Allow copy and paste': 'Kopieren und Einfügen erlaubt',
  'Text can leave TouchDown over the clipboard.': 'Text kann über die Zwischenablage aus TouchDown heraus.',
  'Allow attachments on the card': 'Anhänge auf der Speicherkarte erlaubt',
  'Attachments can be saved to the storage card.': 'Anhänge lassen sich auf der Speicherkarte speichern.',
  'Clean the card on a wipe': 'Speicherkarte beim Löschen mit gelöscht',
  'A wipe, selective or full, erases the whole storage card as well.':
    'Ob alles gelöscht wird oder nur die Daten der Organisation: Auch die ganze Speicherkarte wird gelöscht.',
  'Allow widgets': 'Widgets erlaubt',
  'Widgets of TouchDown on the home screen.': 'Widgets von TouchDown auf dem Startbildschirm.',
  'Show data in widgets': 'Daten in Widgets sichtbar',
  'Subjects, names and places appear on the home screen, locked or not.':
    'Betreff, Namen und Orte erscheinen auf dem Startbildschirm, gesperrt oder nicht.',
  'Export to the phone book': 'Übernahme ins Telefonbuch erlaubt',
  "Contacts of the managed account are copied to the phone's own.":
    'Kontakte des verwalteten Kontos werden zu denen des Telefons kopiert.',
  Signature: 'Signatur',
  'Stands under each mail. Empty sets none.': 'Steht unter jeder E-Mail. Leer setzt keine.',
  'Allow an own signature': 'Eigene Signatur erlaubt',
  'The user may change the signature.': 'Sie dürfen die Signatur ändern.',
  'Allow changing the configuration': 'Ändern der Einstellungen erlaubt',
  'The user may change server, account and other settings of TouchDown.':
    'Sie dürfen Server, Konto und andere Einstellungen von TouchDown ändern.',

  'Android and Knox': 'Android und Knox',
  'Allow unknown sources': 'Unbekannte Quellen erlaubt',
  'Applications from outside the store.': 'Apps, die nicht aus dem Store kommen.',
  'By the user, from the store.': 'Durch den Benutzer, aus dem Store.',
  'Allow a factory reset': 'Zurücksetzen auf den Auslieferungszustand erlaubt',
  'By the user, in the settings.': 'Durch den Benutzer, in den Einstellungen.',
  'Allow debugging over USB': 'Fehlersuche über USB erlaubt',
  'Developer tools on a connected computer.': 'Werkzeuge für Entwickler auf einem angeschlossenen Computer.',
  'Allow files over USB': 'Dateien über USB erlaubt',
  "A connected computer sees the device's files.":
    'Ein angeschlossener Computer sieht die Dateien des Geräts.',
  'Allow further users': 'Weitere Benutzer erlaubt',
  'Several people on one device.': 'Mehrere Personen an einem Gerät.',
  Kiosk: 'Kiosk',
  'Packages that alone can be used, such as org.example.reader. An empty list is no kiosk.':
    'Nur diese Apps lassen sich benutzen, genannt mit ihrem Paketnamen wie org.example.reader. Eine leere Liste heißt: kein Kiosk.',
  'Require a Knox workspace': 'Arbeitsbereich von Knox verlangt',
  "Work data lives in Samsung's container.":
    'Die Daten der Arbeit liegen in einem abgetrennten Bereich von Samsung.',
  'Share the clipboard with the workspace': 'Gemeinsame Zwischenablage mit dem Arbeitsbereich erlaubt',
  'Text can leave the container over the clipboard.':
    'Text kann über die Zwischenablage aus dem Arbeitsbereich heraus.',
  'Move files out of the workspace': 'Dateien aus dem Arbeitsbereich heraus erlaubt',
  'Files can leave the container.': 'Dateien können den Arbeitsbereich verlassen.',

  Computers: 'Computer',
  'Require a firewall': 'Firewall verlangt',
  'Connections from outside are filtered: by the firewall of the distribution, of Windows or of macOS.':
    'Verbindungen von außen werden gefiltert: von der Firewall der Distribution, von Windows oder von macOS.',
  'Install security updates by themselves': 'Sicherheitsupdates installieren sich von selbst',
  "Without asking anybody. The system's own way is switched on: apt or dnf, Windows Update, macOS.":
    'Ohne jemanden zu fragen. Eingeschaltet wird, was das System dafür hat: apt oder dnf, Windows Update, macOS.',
  'Who may administer': 'Wer den Computer verwalten darf',
  'Names of the accounts that may be administrators of the computer, besides the built-in one. An empty list asks nothing.':
    'Namen der Konten, die Administrator des Computers sein dürfen, neben dem eingebauten. Eine leere Liste verlangt nichts.',
  'Services that must run': 'Dienste, die laufen müssen',
  'Names as the system has them, such as chrony. They start with the system, and run.':
    'Namen, wie das System sie nennt, etwa chrony. Sie starten mit dem System und laufen.',
  'Services that must not run': 'Dienste, die nicht laufen dürfen',
  'Names as the system has them, such as telnet. They neither run nor start with the system.':
    'Namen, wie das System sie nennt, etwa telnet. Sie laufen nicht und starten nicht mit dem System.',
  'Files that must be there': 'Dateien, die da sein müssen',
  'Files that the computer must have, with exactly this content. Everybody who may see policies can read it: write no secrets.':
    'Dateien, die der Computer haben muss, mit genau diesem Inhalt. Alle, die Richtlinien sehen dürfen, können ihn lesen: Geheimnisse gehören nicht hinein.',
  'Files that must not be there': 'Dateien, die nicht da sein dürfen',
  'Whole paths, such as /etc/hosts.equiv.': 'Ganze Pfade, etwa /etc/hosts.equiv.',
  'Correct what is not as the policy asks': 'Abweichungen von der Richtlinie werden behoben',
  'The agent puts right what it can. Switched off, it only reports what is wrong.':
    'Der Agent bringt in Ordnung, was er kann. Ist das ausgeschaltet, meldet er nur, was nicht stimmt.',

  'Agent on computers': 'Agent auf Computern',
  'Whom to ask': 'Wer Fragen beantwortet',
  'Shown to the person at the computer, such as: Help desk, telephone 100.':
    'Wird am Computer angezeigt, etwa: Helpdesk, Telefon 100.',
  'Ask the server for changes every': 'Abstand der Nachfragen beim Server',
  'Changes come to the computer at once; this is for when that does not work. 0 leaves it at an hour.':
    'Änderungen kommen sofort auf den Computer; das hier gilt, wenn das nicht geht. 0 belässt es bei einer Stunde.',
  'Log of the agent': 'Protokoll des Agenten',
  'How much the agent writes down of what it does.': 'Wie viel der Agent von dem aufschreibt, was er tut.',
  Errors: 'Fehler',
  Warnings: 'Warnungen',
  'What it does': 'was er tut',
  Everything: 'alles',
  'Let administrators of the computer remove the agent':
    'Entfernen des Agenten durch Administratoren des Computers erlaubt',
  'Otherwise the organization must agree first. It does so by an order, or by a code for a computer without a network.':
    'Sonst muss die Organisation zuerst zustimmen. Das tut sie durch einen Auftrag, oder bei einem Computer ohne Netz durch einen Freigabecode.',
  'Report hardware and software': 'Hardware und Software werden gemeldet',
  'Hardware, system, disks, networks, certificates and services, and the software of computers that are not personal.':
    'Hardware, System, Laufwerke, Netze, Zertifikate und Dienste, und die Software von Computern, die nicht privat sind.',
  'Report hardware and software every': 'Abstand der Meldungen von Hardware und Software',
  'How often the agent looks at the computer and reports what has changed. 0 leaves it at once a day.':
    'Wie oft der Agent den Computer ansieht und meldet, was sich geändert hat. 0 belässt es bei einmal am Tag.',
  'Report the accounts': 'Konten werden gemeldet',
  'Who has an account on the computer, and who was there last.':
    'Wer am Computer ein Konto hat, und wer zuletzt daran war.',
  'Report who signs in': 'Anmeldungen werden gemeldet',
  'Report who becomes an administrator': 'Handlungen als Administrator werden gemeldet',
  'Each time, with the name of the account.': 'Jedes Mal, mit dem Namen des Kontos.',
  'Report what is plugged in': 'Angesteckte Geräte werden gemeldet',
  'Devices on USB, each time.': 'Geräte an USB, jedes Mal.',
};
