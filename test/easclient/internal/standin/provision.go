package standin

import (
	"bytes"
	"io"
	"net/http"
	"strconv"

	eas "drover-easclient"
)

const wapDocument = `<wap-provisioningdoc><characteristic type="SecurityPolicy"><parm name="4131" value="0"/>` +
	`</characteristic></wap-provisioningdoc>`

func (g *Gateway) provision(w http.ResponseWriter, r *http.Request, q request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	doc, err := eas.Decode(body)
	if err != nil || doc.Name != "Provision" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	d := g.device(q.device)
	switch {
	case d.wipe != "":
		g.wipe(w, d, doc)
	case doc.Has("Policies/Policy/Status"):
		acknowledged(w, d, doc, q)
	default:
		offer(w, d, doc, q)
	}
}

// wipe sends the directive until the device has acknowledged it, and after that still (MS-ASPROV section 3.1.5.1.2).
func (g *Gateway) wipe(w http.ResponseWriter, d *device, doc *eas.Node) {
	status := "1"
	switch doc.Get(d.wipe + "/Status") {
	case "1":
		d.state = "acknowledged"
	case "":
	default:
		d.state, status = "failed", "2"
	}
	answer(w, element("Provision", "Provision", provisionText("Status", status), element("Provision", d.wipe)))
}

// offer is the first phase.
func offer(w http.ResponseWriter, d *device, doc *eas.Node, q request) {
	policyType := doc.Get("Policies/Policy/PolicyType")
	root := element("Provision", "Provision")
	if q.version.AtLeast(eas.V141) {
		if !doc.Has("Settings:DeviceInformation/Set/Model") {
			answer(w, element("Provision", "Provision", provisionText("Status", "165")))
			return
		}
		root.Children = append(root.Children, element("Settings", "DeviceInformation", element("Settings", "Status", text("1"))))
	}
	switch policyType {
	case "":
		root.Children = append(root.Children, provisionText("Status", "2"))
	case eas.PolicyType(q.version):
		d.temp = newKey()
		data := provisionText("Data", wapDocument)
		if q.version != eas.V25 {
			data = element("Provision", "Data", element("Provision", "EASProvisionDoc",
				provisionText("DevicePasswordEnabled", "1"), provisionText("MinDevicePasswordLength", "6"),
				provisionText("MaxInactivityTimeDeviceLock", "300"), element("Provision", "MaxAttachmentSize")))
		}
		root.Children = append(root.Children, provisionText("Status", "1"),
			policy(policyType, "1", provisionText("PolicyKey", d.temp), data))
	default:
		root.Children = append(root.Children, provisionText("Status", "1"), policy(policyType, "3"))
	}
	answer(w, root)
}

// acknowledged is the second phase. Only a policy that is applied whole is good enough.
func acknowledged(w http.ResponseWriter, d *device, doc *eas.Node, q request) {
	policyType, key := doc.Get("Policies/Policy/PolicyType"), doc.Get("Policies/Policy/PolicyKey")
	if d.temp == "" || key != d.temp || q.key != d.temp {
		answer(w, element("Provision", "Provision", provisionText("Status", "1"), policy(policyType, "5")))
		return
	}
	refusal := map[string]string{"2": "139", "4": "145"}[doc.Get("Policies/Policy/Status")]
	switch {
	case doc.Get("Policies/Policy/Status") == "1":
		d.temp, d.final = "", newKey()
		answer(w, element("Provision", "Provision", provisionText("Status", "1"),
			policy(policyType, "1", provisionText("PolicyKey", d.final))))
	case refusal != "" && q.version.AtLeast(eas.V140):
		answer(w, element("Provision", "Provision", provisionText("Status", refusal)))
	default:
		answer(w, element("Provision", "Provision", provisionText("Status", "1"), policy(policyType, "1")))
	}
}

func policy(policyType, status string, more ...*eas.Node) *eas.Node {
	children := append([]*eas.Node{provisionText("PolicyType", policyType), provisionText("Status", status)}, more...)
	return element("Provision", "Policies", element("Provision", "Policy", children...))
}

func element(space, name string, children ...*eas.Node) *eas.Node {
	n := &eas.Node{Space: space, Name: name}
	for _, c := range children {
		if c.Name == "" {
			n.Text = c.Text
			continue
		}
		n.Children = append(n.Children, c)
	}
	return n
}

// text stands for text among the children of element.
func text(s string) *eas.Node { return &eas.Node{Text: s} }

func provisionText(name, s string) *eas.Node { return element("Provision", name, text(s)) }

func answer(w http.ResponseWriter, root *eas.Node) {
	frame, err := eas.Encode(root)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/vnd.ms-sync.wbxml")
	w.Write(frame)
}

// replace gives a response another body.
func replace(res *http.Response, body []byte) {
	res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(body))
	res.ContentLength = int64(len(body))
	res.Header.Set("Content-Length", strconv.Itoa(len(body)))
}
