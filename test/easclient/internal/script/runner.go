package script

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	eas "drover-easclient"
)

// Runner runs steps as one device.
type Runner struct {
	*eas.Session
	Timeout time.Duration // of a step; a held one needs more than its heartbeat

	seen  map[string]eas.Mail // by subject, for fetch
	found *eas.Discovered     // of the last autodiscover
}

// New makes a runner for a device.
func New(s *eas.Session, timeout time.Duration) *Runner {
	return &Runner{Session: s, Timeout: timeout, seen: map[string]eas.Mail{}}
}

// Result is what a step came to, one line of JSON each.
type Result struct {
	Step    int               `json:"step"`
	Do      string            `json:"do"`
	OK      bool              `json:"ok"`
	Wrong   []string          `json:"wrong,omitempty"`
	HTTP    int               `json:"http,omitempty"`
	Status  string            `json:"status,omitempty"`
	Key     string            `json:"key,omitempty"` // the policy key after the step
	Headers map[string]string `json:"headers,omitempty"`
	Bytes   int               `json:"bytes"`
	Tree    string            `json:"tree,omitempty"`
	Mails   []MailResult      `json:"mails,omitempty"`
	Found   *eas.Discovered   `json:"found,omitempty"`
	Seconds float64           `json:"seconds"`
}

// MailResult names a mail of an answer; the hash is that of its source.
type MailResult struct {
	Folder  string `json:"folder"`
	ID      string `json:"id"`
	Subject string `json:"subject"`
	Bytes   int    `json:"bytes"`
	SHA256  string `json:"sha256,omitempty"`
}

// headers are those that a result shows.
var headers = []string{
	"Content-Type", "MS-ASProtocolVersions", "MS-ASProtocolCommands", "MS-Server-ActiveSync", "X-MS-RP", "X-MS-Location",
	"X-MS-ASThrottle", "Retry-After", "WWW-Authenticate", "Location", "Cache-Control", "Allow", "Public",
}

// Run does all steps, also after one that failed, and writes a line for each. It says whether all were as expected;
// the error is for the writer's.
func (r *Runner) Run(ctx context.Context, steps []Step, out io.Writer) (bool, error) {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	good := true
	for i, step := range steps {
		result := r.step(ctx, step)
		result.Step = i + 1
		good = good && result.OK
		if err := enc.Encode(result); err != nil {
			return false, err
		}
	}
	return good, nil
}

func (r *Runner) step(ctx context.Context, step Step) Result {
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	a := actions[step.Do]
	command := a.command
	if step.Do == "raw" {
		command = step.With["cmd"]
	}
	r.found = nil
	start := time.Now()
	reply, err := a.run(r, ctx, step.With)
	result := Result{Do: step.Do, Seconds: time.Since(start).Seconds(), Key: r.PolicyKey, Found: r.found}
	if err != nil {
		result.Wrong = append(result.Wrong, err.Error())
	}
	if reply != nil {
		r.show(&result, reply)
		result.Wrong = append(result.Wrong, step.Expect.judge(command, reply)...)
	}
	result.OK = len(result.Wrong) == 0
	return result
}

func (r *Runner) show(result *Result, reply *eas.Reply) {
	result.HTTP, result.Status, result.Bytes = reply.HTTP, reply.Status(), len(reply.Body)
	result.Headers = shown(reply.Header)
	if reply.Tree != nil {
		result.Tree = reply.Tree.String()
	}
	for _, m := range reply.Mails() {
		if m.Subject == "" {
			m.Subject = eas.MailSubject(m.MIME)
		}
		r.seen[m.Subject] = m
		line := MailResult{Folder: m.Folder, ID: m.ID, Subject: m.Subject, Bytes: len(m.MIME)}
		if m.MIME != "" {
			line.SHA256 = m.SHA256()
		}
		result.Mails = append(result.Mails, line)
	}
}

func shown(h http.Header) map[string]string {
	found := map[string]string{}
	for _, name := range headers {
		if v := h.Get(name); v != "" {
			found[name] = v
		}
	}
	return found
}
