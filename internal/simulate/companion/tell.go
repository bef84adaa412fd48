package companion

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// settingOf names the setting by which a policy asks for a kind of personal data.
var settingOf = map[string]string{
	"device-log": "audit.device-log", "location": "audit.location", "phone-log": "audit.phone-log", "text-log": "audit.text-log",
	"file": "audit.files",
}

// ErrNotAsked is returned where the policy does not ask for a kind of data, or the platform cannot tell it; nothing is sent.
var ErrNotAsked = errors.New("the policy does not ask for it, or the platform cannot tell it")

// Call is one telephone call or text message.
type Call struct {
	Number string
	Text   string // of a message
}

// Life is what a user does with the device, as far as it can be told of.
type Life struct {
	Latitude, Longitude float64 // degrees
	Call, Message       Call
	Path, Content       string // of a file
}

// life is that of a user of whom nothing else is said.
var life = Life{
	Latitude: 52.5163, Longitude: 13.3777, Call: Call{Number: "555-0100"}, Message: Call{Number: "555-0101", Text: "Hello"},
	Path: "/documents/notes.txt", Content: "notes",
}

// Tell sends one kind of personal data where the policy asks for it, in answer to an order or to none ("").
func (a *App) Tell(ctx context.Context, kind, command string) error {
	if !a.asked(settingOf[kind]) || kind != "device-log" && !slices.Contains(a.o.Handset.Rules().Tells, kind) {
		return ErrNotAsked
	}
	l := a.o.Life
	if l == (Life{}) {
		l = life
	}
	query := url.Values{}
	if command != "" {
		query.Set("command", command)
	}
	body, err := a.piece(kind, l, query)
	if err != nil {
		return err
	}
	return a.wire.send(ctx, http.MethodPut, "/data/"+kind+"/"+rand.Text(), query, "application/octet-stream", body, nil)
}

// piece makes the data; of a file also what the query says of it.
func (a *App) piece(kind string, l Life, query url.Values) ([]byte, error) {
	at := time.Now().UTC().Format(time.RFC3339)
	switch kind {
	case "location":
		return json.Marshal([]any{map[string]any{"at": at, "latitude": l.Latitude, "longitude": l.Longitude, "accuracy": 20}})
	case "phone-log":
		return json.Marshal([]any{map[string]any{"at": at, "number": l.Call.Number, "direction": "out", "seconds": 60}})
	case "text-log":
		message := map[string]any{"at": at, "number": l.Message.Number, "direction": "in"}
		if a.asked("audit.text-bodies") {
			message["text"] = l.Message.Text
		}
		return json.Marshal([]any{message})
	case "file":
		sum := sha256.Sum256([]byte(l.Content))
		query.Set("path", l.Path)
		query.Set("modified", at)
		query.Set("sha256", hex.EncodeToString(sum[:]))
		return []byte(l.Content), nil
	}
	return json.Marshal([]any{map[string]any{"from": at, "until": at, "text": strings.Join(a.o.Handset.Rules().Log, "\n")}})
}
