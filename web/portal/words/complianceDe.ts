import type { Reasons } from '../compliance';

/** Why a rule is broken, in German. What the server fills in, {} in English, is {1}, {2}. */
export const complianceDe: Record<Reasons, string> = {
  'It does not tell the version of its system.': 'Es teilt die Version seines Systems nicht mit.',
  'It has a forbidden application ({}).': 'Es hat eine verbotene App ({1}).',
  'It has no companion application.': 'Es hat keine Begleit-App.',
  'It has no passcode as the policy asks for.': 'Es hat keinen Code, wie ihn die Richtlinie verlangt.',
  'It has not been heard of yet.': 'Es hat sich noch nie gemeldet.',
  'It has not taken its policy yet.': 'Es hat seine Richtlinie noch nicht übernommen.',
  'It has not told where it is.': 'Es hat nicht mitgeteilt, wo es ist.',
  'It has not told which applications it has.': 'Es hat nicht mitgeteilt, welche Apps es hat.',
  'It has not told whether that is so.': 'Es hat nicht mitgeteilt, ob das so ist.',
  'It has refused its policy.': 'Es hat seine Richtlinie abgelehnt.',
  'It has taken a part of its policy.': 'Es hat einen Teil seiner Richtlinie übernommen.',
  'It is inside the area.': 'Es ist in dem Gebiet.',
  'It is not under management any more.': 'Es wird nicht mehr verwaltet.',
  'It is outside the area.': 'Es ist außerhalb des Gebiets.',
  'It is personal.': 'Es ist privat.',
  'It is roaming.': 'Es ist in einem fremden Netz.',
  'It is rooted or jailbroken.': 'Es ist gerootet oder hat einen Jailbreak.',
  'It lacks an application ({}).': 'Ihm fehlt eine App ({1}).',
  'It was last heard of {} hour ago.': 'Es hat sich zuletzt vor {1} Stunde gemeldet.',
  'It was last heard of {} hours ago.': 'Es hat sich zuletzt vor {1} Stunden gemeldet.',
  'Its SIM card has been taken out.': 'Seine SIM-Karte wurde herausgenommen.',
  'Its SIM card is another one than at enrolment.': 'Es hat eine andere SIM-Karte als bei der Anmeldung.',
  'Its companion application has not been heard of yet.': 'Seine Begleit-App hat sich noch nie gemeldet.',
  'Its companion application was last heard of {} hour ago.':
    'Seine Begleit-App hat sich zuletzt vor {1} Stunde gemeldet.',
  'Its companion application was last heard of {} hours ago.':
    'Seine Begleit-App hat sich zuletzt vor {1} Stunden gemeldet.',
  'Its last position is {} hour old, and one counts for {}.':
    'Seine letzte Position ist {1} Stunde alt; eine Position gilt nur {2} Std. lang.',
  'Its last position is {} hours old, and one counts for {}.':
    'Seine letzte Position ist {1} Stunden alt; eine Position gilt nur {2} Std. lang.',
  'Its owner has {} devices, more than {}.': 'Sie haben {1} Geräte, erlaubt sind höchstens {2}.',
  'Its platform, {}, is not allowed.': 'Seine Art, {1}, ist nicht erlaubt.',
  'Its storage card is not encrypted.': 'Seine Speicherkarte ist nicht verschlüsselt.',
  'Its storage is not encrypted.': 'Sein Speicher ist nicht verschlüsselt.',
  "Its system's version {} is below {}.": 'Sein System hat die Version {1}, verlangt ist {2} oder neuer.',
  "The platform's push service does not reach it.":
    'Der Mitteilungsdienst seines Herstellers erreicht es nicht.',
  'TouchDown is missing or not registered.': 'TouchDown fehlt oder ist nicht angemeldet.',
};
