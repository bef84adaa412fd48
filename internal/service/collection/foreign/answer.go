package foreign

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// Hours is how often agents are asked to tell their inventory.
const Hours = 24

// Answer answers a message that was taken, in the protocol and the packing in which it came.
func (m Message) Answer(w http.ResponseWriter) error {
	if m.JSON || m.Native {
		return m.answerJSON(w)
	}
	return m.answerXML(w)
}

func (m Message) answerJSON(w http.ResponseWriter) error {
	body := map[string]any{"status": "ok"}
	switch m.Kind {
	case Prolog, Contact:
		body["expiration"] = Hours
		body["tasks"] = map[string]any{"inventory": map[string]string{"server": "drover", "version": "1"}}
	case Other:
		body = map[string]any{"status": "error", "message": "Nothing but inventories is taken here.", "expiration": Hours}
	case Inventory:
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(body)
}

func (m Message) answerXML(w http.ResponseWriter) error {
	reply := "<REPLY></REPLY>"
	switch m.Kind {
	case Prolog:
		reply = fmt.Sprintf("<REPLY><PROLOG_FREQ>%d</PROLOG_FREQ><RESPONSE>SEND</RESPONSE></REPLY>", Hours)
	case Inventory:
		reply = "<REPLY><RESPONSE>no_account_update</RESPONSE></REPLY>"
	case Contact, Other:
	}
	var out bytes.Buffer
	var to io.WriteCloser
	switch m.packing {
	case packedZlib:
		to = zlib.NewWriter(&out)
	case packedGzip:
		to = gzip.NewWriter(&out)
	default:
		w.Header().Set("Content-Type", "application/xml")
		_, err := io.WriteString(w, xmlHead+reply)
		return err
	}
	if _, err := io.WriteString(to, xmlHead+reply); err != nil {
		return err
	}
	if err := to.Close(); err != nil {
		return err
	}
	w.Header().Set("Content-Type", string(m.packing))
	_, err := w.Write(out.Bytes())
	return err
}

const xmlHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
