package platform

import "slices"

// What the rows' orders are put together from.

const (
	noLock        = "ActiveSync has no word for locking a device, and this device is enrolled in no other channel."
	noCardWipe    = "ActiveSync has no word for wiping the storage card alone, and this device is enrolled in no other channel."
	noAccountWipe = "ActiveSync before 16.1 has no word for removing the account alone, and this device is enrolled in no other channel."
	noClear       = "ActiveSync has no word for clearing a passcode, and this device is enrolled in no other channel."
	noLocate      = "ActiveSync has no word for locating a device, and this device is enrolled in no other channel."
	noLog         = "ActiveSync has no word for fetching a device's log, and this device is enrolled in no other channel."
	noMessage     = "ActiveSync has no word for showing a message, and this device is enrolled in no other channel."
	noInventory   = "ActiveSync has no word for asking a device what it is, and this device is enrolled in no other channel."
	noApp         = "ActiveSync has no word for this, and there is no companion application for this platform."
	noKnowledge   = "ActiveSync has no word for this, and what else a device of no known platform can do is not known: an administrator can set its platform."
	neverClear    = "Neither ActiveSync nor the companion application of this platform can clear a passcode."
	neverCard     = "Neither ActiveSync nor the companion application of this platform can wipe the storage card alone."
	noCard        = "This platform has no storage card."
	noAgent       = "This is an order to computers that Drover's agent manages."
)

var (
	insteadBlock = Alternative{Block, "Blocking ends mail at the next request; what the device already holds stays there."}
	insteadWipe  = Alternative{FullWipe, "A full wipe can be sent; see what it removes first."}

	insteadTimeout = Alternative{"", "A policy with a shorter inactivity timeout makes the device lock itself sooner."}
)

// orders completes the orders of a row: what it does not name is refused with the reason that holds for ActiveSync, and
// blocking is the gateway's and works for all.
func orders(named map[Command]Order) map[Command]Order {
	m := map[Command]Order{
		Lock:          refused(noLock, insteadBlock, insteadTimeout),
		FullWipe:      refused("No full wipe is known for this platform.", insteadBlock),
		SelectiveWipe: refused("No selective wipe is known for this platform.", insteadBlock),
		WipeCard:      refused(noCardWipe),
		ClearPasscode: refused(noClear),
		Locate:        refused(noLocate),
		RequestLog:    refused(noLog),

		Message:         only(messageWay(Companion), noMessage),
		UpdateInventory: only(inventoryWay(Companion), noInventory),

		Block: ways(Way{
			Channel: ActiveSync, Extent: Nothing, Removes: "Nothing; Drover refuses the device's next request.",
			Leaves: "All data, and the mail that the device already holds.",
		}),
	}
	for c, o := range named {
		m[c] = o
	}
	return m
}

// completed refuses what only a companion application can do, on the rows that have none, and does not speak of
// ActiveSync alone on those that have one. A device of no known platform may have one.
func completed(rows []Row) []Row {
	never := map[string]string{noClear: neverClear, noCardWipe: neverCard}
	alone := []string{noLock, noCardWipe, noClear, noLocate, noLog, noMessage, noInventory}
	for _, r := range rows {
		if slices.Contains(r.Channels, Agent) {
			continue
		}
		for _, c := range ofComputers {
			r.orders[c] = refused(noAgent)
		}
		if slices.Contains(r.Channels, Inventory) {
			continue
		}
		if !slices.Contains(r.Channels, Companion) {
			why := noApp
			if r.ID == UnknownPlatform {
				why = noKnowledge
			}
			for c, o := range r.orders {
				if slices.Contains(alone, o.Refusal) {
					r.orders[c] = refused(why, o.Alternatives...)
				}
			}
			continue
		}
		for c, o := range r.orders {
			if words, ok := never[o.Refusal]; ok && len(o.Ways) == 0 {
				o.Refusal = words
				r.orders[c] = o
			}
		}
	}
	return rows
}

// androidAppOrders adds what an application that administers the device does on Android 5 and newer.
func androidAppOrders(named map[Command]Order) map[Command]Order {
	lock := lockWay(Companion)
	lock.Caveat = "Where the application administers the device."
	locate := locateWay(Companion)
	locate.Caveat = "Where the user has allowed the application to know it."
	m := orders(named)
	m[Lock], m[Locate] = only(lock, noLock, insteadBlock, insteadTimeout), only(locate, noLocate)
	m[RequestLog] = only(logWay(Companion), noLog)
	return m
}

func ways(w ...Way) Order { return Order{Ways: w} }

func only(w Way, refusal string, instead ...Alternative) Order {
	return Order{Ways: []Way{w}, Refusal: refusal, Alternatives: instead}
}

func refused(why string, instead ...Alternative) Order {
	return Order{Refusal: why, Alternatives: instead}
}

func lockWay(c Channel) Way {
	return Way{Channel: c, Extent: Nothing, Removes: lockedWords, Leaves: keepsAll}
}

func cardWay(c Channel) Way {
	return Way{Channel: c, Extent: Card, Removes: cardErased, Leaves: keepsPhone}
}

func clearWay(c Channel) Way {
	return Way{
		Channel: c, Extent: Nothing, Removes: "The device's passcode; a new one is asked for where the policy requires it.",
		Leaves: keepsAll,
	}
}

func locateWay(c Channel) Way {
	return Way{Channel: c, Extent: Nothing, Removes: "Nothing; the device reports its position.", Leaves: keepsAll, Needs: AuditLocation}
}

func logWay(c Channel) Way {
	return Way{Channel: c, Extent: Nothing, Removes: "Nothing; the device sends its log.", Leaves: keepsAll, Needs: AuditDeviceLog}
}

func messageWay(c Channel) Way {
	return Way{Channel: c, Extent: Nothing, Removes: "Nothing; the device shows the message.", Leaves: keepsAll}
}

func inventoryWay(c Channel) Way {
	return Way{Channel: c, Extent: Nothing, Removes: "Nothing; the device tells anew what it is and how it stands.", Leaves: keepsAll}
}

// alsoOver is an order that goes the way given, or over another channel, where it does the same.
func alsoOver(c Channel, w Way) Order {
	other := w
	other.Channel, other.Since = c, Version{}
	return ways(w, other)
}
