package server

import (
	"net/http"
	"strings"

	"drover/internal/core/logbook"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
	"drover/internal/gate"
	"drover/internal/service/companion"
)

// openLogbook makes the logbook over the server's own log, which may be nil.
func (z *Zone) openLogbook(kept *logs) {
	parts := logbook.Parts{DB: z.DB, Clock: z.Clock, Zone: z.Zone, Bus: z.Bus, Owners: z.Devices}
	if kept != nil {
		parts.Lines = kept.file
		kept.watch(z.Bus)
	}
	z.Logbook = logbook.New(parts)
	z.Devices.Follow(z.Logbook)
	z.Users.Follow(z.Logbook)
}

// syncs takes the exchanges with devices out of the traffic, for the log of synchronisations.
type syncs struct{ to *logbook.Store }

// Record keeps an exchange with a device that is known.
func (s syncs) Record(v gate.Visit) {
	x := logbook.Sync{
		At: v.At, Device: v.Sync.Device, Command: v.Sync.Command, Reason: v.Sync.Reason, Status: v.Status, Duration: v.Duration,
		Received: v.BytesIn, Sent: v.BytesOut, Outcome: outcome(v),
	}
	switch {
	case v.Service == zone.ServiceActiveSync:
		x.Channel = logbook.ActiveSync
	case v.Service == zone.ServiceCompanion && v.Kind == scope.Device:
		x.Channel, x.Device = logbook.Companion, v.Caller
		x.Command = v.Route[strings.LastIndexByte(v.Route, ' ')+1:]
		if x.Command == companion.Base+companion.DuressPath {
			return // the user's own archive has this log, and whoever has the user reads along
		}
	default:
		return
	}
	if v.Refused != "" {
		x.Reason = v.Refused
	}
	s.to.Note(x)
}

func outcome(v gate.Visit) logbook.Outcome {
	switch {
	case v.Status >= http.StatusInternalServerError:
		return logbook.Failed
	case v.Refused != "" || v.Status >= http.StatusBadRequest || v.Sync.Reason != "":
		return logbook.Refused
	}
	return logbook.OK
}
