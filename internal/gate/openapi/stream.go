package openapi

import (
	"context"
	"io"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"drover/internal/base/logfield"
	"drover/internal/gate"
)

// Stream answers with a file of a media type, which write writes. What fails then can only cut the connection, so that half
// a file does not look whole. The name is told to browsers and stands in the log: it is a constant, or made of ids.
func Stream(ctx context.Context, log *slog.Logger, kind, name string, write func(io.Writer) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(h huma.Context) {
		h.SetHeader("Content-Type", kind)
		h.SetHeader("Content-Disposition", `attachment; filename="`+name+`"`)
		h.SetHeader("Cache-Control", "no-store")
		if err := write(h.BodyWriter()); err != nil {
			log.ErrorContext(ctx, "a file broke off", slog.String(logfield.Name, name),
				slog.String(logfield.Request, gate.RequestID(ctx)), slog.Any(logfield.Error, err))
			panic(http.ErrAbortHandler)
		}
	}}
}
