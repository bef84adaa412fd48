package agenttest

import (
	"crypto"
	"crypto/fips140"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/coder/websocket"

	"drover/api/agentv1"
	"drover/internal/base/problem"
)

// handler serves a request of a known computer.
type handler func(w http.ResponseWriter, r *http.Request, body []byte) (any, error)

func (z *Zone) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+agentv1.PathDiscovery, z.discovery)
	mux.HandleFunc("POST "+agentv1.PathRegister, z.register)
	mux.HandleFunc("GET "+agentv1.PathKey, z.readKey)
	mux.HandleFunc("POST "+agentv1.PathKey, z.renewKey)
	mux.HandleFunc("GET "+agentv1.PathWait, z.wait)
	add := func(pattern, service string, h handler) { mux.Handle(pattern, z.signed(service, h)) }
	for kind, path := range map[string][2]string{
		agentv1.KindSettings: {agentv1.PathSettings, agentv1.ServiceSettings}, agentv1.KindPolicies: {agentv1.PathPolicies, agentv1.ServicePolicies},
		agentv1.KindAssignments: {agentv1.PathAssignments, agentv1.ServiceAssignments}, agentv1.KindLocations: {agentv1.PathLocations, agentv1.ServiceLocations},
	} {
		add("GET "+path[0], path[1], z.document(kind))
	}
	add("POST "+agentv1.PathLeave, agentv1.ServiceRegistration, z.leave)
	add("POST "+agentv1.PathStatus, agentv1.ServiceStatus, z.status)
	add("POST "+agentv1.PathResults, agentv1.ServiceStatus, z.results)
	add("POST "+agentv1.PathEvents, agentv1.ServiceCollection, z.events)
	add("POST "+agentv1.PathInventory, agentv1.ServiceCollection, z.inventory)
	add("POST "+agentv1.PathUploads, agentv1.ServiceCollection, z.newUpload)
	add("PUT "+agentv1.PathUploads+"/{upload}", agentv1.ServiceCollection, z.chunk)
	return mux
}

func (z *Zone) signed(service string, h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _, err := z.verify(r, service)
		if err != nil {
			z.refuse(w, err)
			return
		}
		z.mu.Lock()
		off := z.off[service]
		z.requests[r.URL.Path]++
		z.mu.Unlock()
		if off {
			z.refuse(w, problem.New(problem.NotFound, "request.route", "There is nothing at this path."))
			return
		}
		out, err := h(w, r, body)
		switch {
		case err != nil:
			z.refuse(w, err)
		case out != nil:
			z.answer(w, r, out)
		}
	})
}

func (z *Zone) discovery(w http.ResponseWriter, r *http.Request) {
	z.answer(w, r, agentv1.Discovery{Zone: "Test zone", Tag: Tag, Authority: z.CA.Raw})
}

func (z *Zone) register(w http.ResponseWriter, r *http.Request) {
	in, public, err := z.newcomer(r)
	if err == nil && in.Key == "wrong" {
		err = problem.New(problem.Unauthenticated, "registration.key", "The authorization key is wrong, used up or expired.")
	}
	if err == nil {
		err = z.knock(in, public)
	}
	if err != nil {
		z.refuse(w, err)
		return
	}
	k := z.key(public)
	z.mu.Lock()
	z.keys[k.ID] = public
	z.told.Registrations = append(z.told.Registrations, in)
	signing := z.publicKey(z.signing)
	z.mu.Unlock()
	z.answer(w, r, agentv1.Registered{
		Device: Device, Name: in.Facts.Host, Zone: "Test zone", Tag: Tag, Authority: z.CA.Raw, Signing: []agentv1.PublicKey{signing}, Key: k,
	})
}

// knock counts a newcomer, and says whether it is let in.
func (z *Zone) knock(in agentv1.Registration, public crypto.PublicKey) error {
	own := z.key(public).ID
	z.mu.Lock()
	defer z.mu.Unlock()
	z.told.Knocks = append(z.told.Knocks, Knock{in.Key, own})
	return z.told.Bar
}

// newcomer reads a registration, whose certificate request holds the key that signs the request.
func (z *Zone) newcomer(r *http.Request) (agentv1.Registration, crypto.PublicKey, error) {
	var in agentv1.Registration
	raw, err := read(r)
	if err != nil {
		return in, nil, err
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return in, nil, problem.New(problem.Malformed, "request.body", "The body cannot be read.").WithDetail(err)
	}
	csr, err := x509.ParseCertificateRequest(in.CSR)
	if err != nil || csr.CheckSignature() != nil {
		return in, nil, problem.New(problem.Invalid, "request.csr", "The certificate request is wrong.")
	}
	_, err = z.check(r, agentv1.ServiceRegistration, csr.PublicKey)
	return in, csr.PublicKey, err
}

func (z *Zone) readKey(w http.ResponseWriter, r *http.Request) {
	_, id, err := z.verify(r, agentv1.ServiceRegistration)
	if err != nil {
		z.refuse(w, err)
		return
	}
	z.mu.Lock()
	public := z.keys[id]
	z.mu.Unlock()
	z.answer(w, r, z.key(public))
}

func (z *Zone) renewKey(w http.ResponseWriter, r *http.Request) {
	raw, old, err := z.verify(r, agentv1.ServiceRegistration)
	if err != nil {
		z.refuse(w, err)
		return
	}
	z.mu.Lock()
	z.requests[r.URL.Path]++
	z.mu.Unlock()
	var in agentv1.Renewal
	must(z.t, json.Unmarshal(raw, &in))
	csr, err := x509.ParseCertificateRequest(in.CSR)
	must(z.t, err)
	must(z.t, csr.CheckSignature())
	k := z.key(csr.PublicKey)
	z.mu.Lock()
	delete(z.keys, old)
	z.keys[k.ID] = csr.PublicKey
	z.mu.Unlock()
	z.answer(w, r, k)
}

func (z *Zone) document(kind string) handler {
	return func(w http.ResponseWriter, r *http.Request, _ []byte) (any, error) {
		z.mu.Lock()
		e, ok := z.documents[kind]
		z.mu.Unlock()
		if !ok {
			return nil, problem.New(problem.NotFound, "document.none", "There is none yet.")
		}
		var d agentv1.Document
		_ = json.Unmarshal(e.Payload, &d) // what is handed out may be nonsense
		if r.Header.Get("If-None-Match") == etag(d.Version) {
			w.WriteHeader(http.StatusNotModified)
			return nil, nil
		}
		w.Header().Set("ETag", etag(d.Version))
		return e, nil
	}
}

func (z *Zone) leave(_ http.ResponseWriter, _ *http.Request, body []byte) (any, error) {
	var in agentv1.Leave
	must(z.t, json.Unmarshal(body, &in))
	var stay error
	z.Change(func(t *Told) {
		if stay = t.Stay; stay == nil {
			t.Left = append(t.Left, in)
		}
	})
	return struct{}{}, stay
}

func (z *Zone) status(_ http.ResponseWriter, _ *http.Request, body []byte) (any, error) {
	var in agentv1.Status
	must(z.t, json.Unmarshal(body, &in))
	z.Change(func(t *Told) { t.Statuses = append(t.Statuses, in) })
	return agentv1.StatusTaken{}, nil
}

func (z *Zone) results(_ http.ResponseWriter, _ *http.Request, body []byte) (any, error) {
	var in agentv1.Results
	must(z.t, json.Unmarshal(body, &in))
	out := agentv1.ResultsTaken{Taken: []string{}, Go: []string{}}
	z.Change(func(t *Told) {
		for _, r := range in.Results {
			out.Taken = append(out.Taken, r.ID)
			known := slices.ContainsFunc(t.Results, func(x agentv1.Result) bool { return x.ID == r.ID })
			if !known {
				t.Results = append(t.Results, r)
			}
			if r.State == agentv1.ResultBegun && t.Go && r.Challenge == "challenge" {
				out.Go = append(out.Go, r.Order)
			}
		}
	})
	return out, nil
}

func (z *Zone) events(_ http.ResponseWriter, _ *http.Request, body []byte) (any, error) {
	var in agentv1.Events
	must(z.t, json.Unmarshal(body, &in))
	z.Change(func(t *Told) {
		for _, e := range in.Events {
			if !slices.ContainsFunc(t.Events, func(x agentv1.Event) bool { return x.ID == e.ID }) {
				t.Events = append(t.Events, e)
			}
		}
	})
	return agentv1.Taken{Count: len(in.Events)}, nil
}

func (z *Zone) inventory(_ http.ResponseWriter, _ *http.Request, body []byte) (out any, err error) {
	var in agentv1.InventoryReport
	must(z.t, json.Unmarshal(body, &in))
	z.Change(func(t *Told) {
		t.Inventories = append(t.Inventories, in)
		next, bad := agentv1.Apply(t.Inventory, in)
		if bad != nil {
			err = problem.New(problem.Conflict, "inventory.base", "The zone holds another inventory.")
			return
		}
		t.Inventory, out = next, agentv1.InventoryTaken{Hash: in.Hash}
	})
	return out, err
}

const chunkSize = 1000

func (z *Zone) newUpload(_ http.ResponseWriter, _ *http.Request, body []byte) (any, error) {
	var in agentv1.NewUpload
	must(z.t, json.Unmarshal(body, &in))
	z.mu.Lock()
	defer z.mu.Unlock()
	have := z.told.Uploads[in.ID]
	return agentv1.Upload{
		Upload: in.ID + "." + strconv.FormatInt(in.Size, 10) + "." + in.SHA256, Offset: int64(len(have)), Chunk: chunkSize,
		Done: int64(len(have)) == in.Size,
	}, nil
}

func (z *Zone) chunk(_ http.ResponseWriter, r *http.Request, body []byte) (any, error) {
	name := r.PathValue("upload")
	id, rest, _ := strings.Cut(name, ".")
	size, sum, _ := strings.Cut(rest, ".")
	offset, err := strconv.ParseInt(r.URL.Query().Get("offset"), 10, 64)
	must(z.t, err)
	z.mu.Lock()
	defer z.mu.Unlock()
	have := z.told.Uploads[id]
	if offset != int64(len(have)) || len(body) > chunkSize {
		return nil, problem.New(problem.Conflict, "upload.offset", "The chunk does not begin where the last one ended.")
	}
	have = append(have, body...)
	z.told.Uploads[id] = have
	done := strconv.Itoa(len(have)) == size
	if got := sha256.Sum256(have); done && hex.EncodeToString(got[:]) != sum {
		return nil, problem.New(problem.Invalid, "upload.hash", "It is another file.")
	}
	return agentv1.Upload{Upload: name, Offset: int64(len(have)), Chunk: chunkSize, Done: done}, nil
}

func (z *Zone) wait(w http.ResponseWriter, r *http.Request) {
	if _, _, err := z.verify(r, agentv1.ServiceStatus); err != nil {
		z.refuse(w, err)
		return
	}
	var conn *websocket.Conn
	var err error
	fips140.WithoutEnforcement(func() { conn, err = websocket.Accept(w, r, nil) }) // RFC 6455 wants SHA-1
	if err != nil {
		return
	}
	defer conn.CloseNow()
	z.mu.Lock()
	z.hints = append(z.hints, conn)
	z.told.Held++
	z.mu.Unlock()
	_, _, _ = conn.Read(r.Context()) // an agent says nothing; this ends with the connection
}

// Hint sends a hint on every connection that is held.
func (z *Zone) Hint(h agentv1.Hint) {
	raw, err := json.Marshal(h)
	must(z.t, err)
	z.mu.Lock()
	defer z.mu.Unlock()
	for _, c := range z.hints {
		_ = c.Write(z.t.Context(), websocket.MessageText, raw) // one that has gone
	}
}
