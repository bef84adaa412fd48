package activesync

import (
	"net/http"

	"drover/internal/core/zone"
	"drover/internal/gate"
)

// Path is where mail clients look for ActiveSync (MS-ASHTTP section 2.2.1.1.1.1).
const Path = "/Microsoft-Server-ActiveSync"

// maxBody bounds a request: a mail with its attachments, as large as mail servers take.
const maxBody = 64 << 20

// Routes returns the service's ways in.
func (g *Gateway) Routes() []gate.Route {
	who := gate.ByProtocol("the user's credentials, which the mail server accepts, and the device's partnership")
	return []gate.Route{
		{
			Service: zone.ServiceActiveSync, Method: http.MethodPost, Pattern: Path, AnyCase: true, Who: who, Body: maxBody,
			Time: gate.Held, Handler: http.HandlerFunc(g.serveCommand),
		},
		{
			Service: zone.ServiceActiveSync, Method: http.MethodOptions, Pattern: Path, AnyCase: true, Who: who, Body: 1 << 10,
			Handler: http.HandlerFunc(g.serveOptions),
		},
	}
}
