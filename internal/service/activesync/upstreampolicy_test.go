package activesync

import (
	"net/http"
	"strconv"
	"sync"
	"testing"

	"drover/internal/base/wbxml"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
)

// provisioner makes a mail server that has a policy of its own, as MS-ASPROV describes it.
type provisioner struct {
	mu        sync.Mutex
	length    string // the least length of a password that it asks for
	wipe      bool
	account   bool     // the wipe is of the account only
	wiped     []string // how a wipe was acknowledged
	deaf      bool     // it answers no Provision
	temporary uint32
	final     uint32
	status    string // of the last acknowledgement
	rounds    int
}

func (p *provisioner) attach(m *mailFake) {
	m.on(func(w http.ResponseWriter, r *http.Request, cmd string, body []byte) bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		q, err := ParseQuery(r.URL.RawQuery)
		if err != nil {
			return false
		}
		v := ParseVersion(r.Header.Get("MS-ASProtocolVersion"))
		key, _ := policyKey(r.Header.Get("X-MS-PolicyKey"))
		if q.Base64 {
			v, key = q.Version, q.PolicyKey
		}
		w.Header().Set("Content-Type", wbxml.ContentType)
		switch {
		case q.Command == Provision && p.deaf:
			w.WriteHeader(http.StatusBadGateway)
		case q.Command == Provision:
			_, _ = w.Write(p.answer(body).Encode())
		case p.wipe:
			p.refuse(w, v, q.Command, statusWipeRequested)
		case p.final == 0 || key != p.final:
			p.refuse(w, v, q.Command, statusNotProvisioned)
		default:
			return false
		}
		return true
	})
}

func (p *provisioner) refuse(w http.ResponseWriter, v Version, c Command, s Status) {
	a := tell(v, c, s)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

func (p *provisioner) answer(body []byte) *wbxml.Node {
	request, err := parseProvision(body)
	if err != nil {
		return provisionAnswer{Status: 2}.node()
	}
	told := provisionAnswer{
		Status: 1, Wipe: p.wipe && !p.account, AccountWipe: p.wipe && p.account,
		Policy: &policyAnswer{Type: request.PolicyType, Status: 1},
	}
	switch {
	case request.Wipe != 0:
		p.wiped = append(p.wiped, "full "+strconv.Itoa(request.Wipe))
		told.Policy = nil
	case request.AccountWipe != 0:
		p.wiped = append(p.wiped, "account "+strconv.Itoa(request.AccountWipe))
		told.Policy = nil
	case request.acknowledges() && request.PolicyKey == p.temporary:
		p.status = strconv.Itoa(request.Status)
		p.final = newKey()
		told.Policy.Key = p.final
	case request.acknowledges():
		told.Policy.Status = policyWrongKey
	default:
		p.rounds++
		p.temporary = newKey()
		told.Policy.Key = p.temporary
		told.Policy.Document = &document{elements: []*wbxml.Node{
			wbxml.Leaf(wbxml.ProvisionDevicePasswordEnabled, "1"), wbxml.Leaf(wbxml.ProvisionMinDevicePasswordLength, p.length),
			wbxml.Leaf(wbxml.ProvisionMaxInactivityTimeDeviceLock, "9999"),
		}}
	}
	return told.node()
}

// settle sends FolderSyncs and provisions when asked to, as a client does, until mail flows.
func (p *phone) settle() (provisioned int, document *wbxml.Node) {
	p.w.t.Helper()
	for range 5 {
		g := p.folderSync()
		if string(g.body) == answerTo("FolderSync") {
			return provisioned, document
		}
		switch code := g.code(p.w.t, p.version); Status(code) {
		case 449, statusNotProvisioned, statusInvalidKey, statusRefresh:
		default:
			p.w.t.Fatalf("HTTP %d %q", g.status, g.body)
		}
		root := p.enrol()
		document = policyOf(root).Child(wbxml.ProvisionData).Child(wbxml.ProvisionEASProvisionDoc)
		provisioned++
	}
	p.w.t.Fatal("the device provisions for ever")
	return 0, nil
}

func TestTheStricterOfBothPoliciesReachesTheDevice(t *testing.T) {
	for theirs, want := range map[string]string{"4": "6", "9": "9"} {
		forms(t, func(t *testing.T, w *world, p *phone) {
			w.zone.values = strictValues // asks for 6
			server := &provisioner{length: theirs}
			server.attach(w.mail)
			n, doc := p.settle()
			if n > 3 {
				t.Errorf("the device had to provision %d times", n)
			}
			if p.version > V25 {
				if got := doc.Child(wbxml.ProvisionMinDevicePasswordLength).Value(); got != want {
					t.Errorf("of 6 and %s the device was sent %s", theirs, got)
				}
			}
			if server.status != "1" || server.final == p.key {
				t.Errorf("acknowledged with %q; the device knows the mail server's key: %v", server.status, server.final == p.key)
			}
			p.passes()

			server.mu.Lock()
			server.final = newKey() // the mail server has forgotten its key
			server.mu.Unlock()
			p.passes() // and the device does not notice

			server.mu.Lock()
			server.final, server.length = 0, "12" // it has a stricter policy now
			server.mu.Unlock()
			if n, _ := p.settle(); n != 1 && p.version > V25 {
				t.Errorf("the device had to provision %d times", n)
			}
		})
	}
}

func TestTheMailServersPolicyAloneIsEnough(t *testing.T) {
	w := newWorld(t)
	server := &provisioner{length: "5"}
	server.attach(w.mail)
	p := w.phone(V141)
	if _, doc := p.settle(); doc.Child(wbxml.ProvisionMinDevicePasswordLength).Value() != "5" {
		t.Errorf("the device was sent %q", doc.Child(wbxml.ProvisionMinDevicePasswordLength).Value())
	}
}

func TestAMailServersPolicyIsReadWithinBounds(t *testing.T) {
	doc := wbxml.Elem(wbxml.ProvisionData, wbxml.Elem(wbxml.ProvisionEASProvisionDoc,
		wbxml.Leaf(wbxml.ProvisionDevicePasswordEnabled, "1"),
		wbxml.Leaf(wbxml.ProvisionMinDevicePasswordLength, "99"),
		wbxml.Leaf(wbxml.ProvisionMaxInactivityTimeDeviceLock, "9999"),
		wbxml.Leaf(wbxml.ProvisionMaxDevicePasswordFailedAttempts, ""),
		wbxml.Leaf(wbxml.ProvisionAllowBluetooth, "7"),
		wbxml.Leaf(wbxml.ProvisionAllowCamera, "0"),
		wbxml.Leaf(0x0E3F, "1"),
		wbxml.Elem(wbxml.ProvisionUnapprovedInROMApplicationList, wbxml.Leaf(wbxml.ProvisionApplicationName, "a.exe")),
		wbxml.Elem(wbxml.ProvisionApprovedApplicationList, &wbxml.Node{Tag: wbxml.ProvisionHash, Text: string(make([]byte, 20)), Opaque: true}),
	))
	want := policy.Values{
		platform.PasswordRequired: policy.Bool(true), platform.PasswordMinLength: policy.Number(16),
		platform.LockInactivity: policy.Number(0), platform.AllowCamera: policy.Bool(false),
		platform.BlockedApps: policy.List("a.exe"), platform.ApprovedApps: policy.List("0000000000000000000000000000000000000000"),
	}
	if got := readDocument(doc); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
