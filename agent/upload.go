package agent

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"drover/agent/store"
	"drover/agent/talk"
	"drover/api/agentv1"
)

const (
	maxLog   = 8 << 20
	maxChunk = 1 << 20
)

// SendLog keeps a copy of the log on its way to the server.
func (a *Agent) SendLog(_ context.Context, order string) error {
	raw, err := os.ReadFile(a.Store.Dir() + "/log/agent.log")
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err = w.Write(raw[max(0, len(raw)-maxLog):])
	if err := errors.Join(err, w.Close()); err != nil {
		return err
	}
	return a.Store.AddUpload("log", order, "application/gzip", packed.Bytes())
}

// deliverUploads goes on with every upload that waits.
func (a *Agent) deliverUploads(ctx context.Context) error {
	list, err := a.Store.Uploads()
	for _, u := range list {
		failed := a.deliverUpload(ctx, u)
		if refused, ok := errors.AsType[*talk.Refused](failed); ok && refused.Status == http.StatusUnprocessableEntity {
			failed = a.Store.DropUpload(u) // it will never be taken
		}
		err = errors.Join(err, off(failed))
	}
	return err
}

func (a *Agent) deliverUpload(ctx context.Context, u store.Upload) error {
	var state agentv1.Upload
	err := a.collect(ctx, talk.Request{Method: http.MethodPost, Path: agentv1.PathUploads, Body: u.NewUpload}, &state)
	for err == nil && !state.Done {
		before := state.Offset
		if before < 0 || before >= u.Size || state.Chunk < 1 {
			return fmt.Errorf("the server's answer to an upload makes no sense")
		}
		chunk, bad := a.Store.Chunk(u, before, min(state.Chunk, maxChunk))
		if bad != nil {
			return bad
		}
		err = a.collect(ctx, talk.Request{
			Method: http.MethodPut, Raw: chunk,
			Path: fmt.Sprintf("%s/%s?offset=%d", agentv1.PathUploads, url.PathEscape(state.Upload), before),
		}, &state)
		if err == nil && !state.Done && state.Offset <= before {
			return fmt.Errorf("the server's answer to an upload makes no sense")
		}
	}
	if err != nil {
		return err
	}
	return a.Store.DropUpload(u)
}
