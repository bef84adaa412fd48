package main

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/alecthomas/kong"
)

var update = flag.Bool("update", false, "write the table of operations into docs/cli.md")

// one is the id of everything in the sampled API.
const one = "0190c5b8-0000-7000-8000-000000000001"

// lines use every command that talks to the API, in the order of the help. FILE is any readable file.
var lines = []string{
	"admin invite new --role " + one, "admin invite " + one, "admin list", "admin show " + one, "admin factors",
	"admin grant " + one + " --role " + one + " --group " + one, "admin disable " + one, "admin enable " + one, "admin reset " + one,
	"admin mail ann@example.org --admin " + one + " --otp 1", "admin mail ann@example.org --otp 1",
	"admin sessions " + one, "admin sessions --end " + one,
	"role list", "role show " + one, "role create new --right device.read", "role edit " + one + " --grant device.read --revoke x",
	"role remove " + one, "role rights",
	"token list --all", "token end " + one,
	"user add U1 --mail u1@example.org --password-file FILE", "user import FILE --dry-run", "user list U --group " + one, "user show " + one,
	"user edit " + one + " --state disabled", "user password " + one + " --password-file FILE", "user erase " + one + " --reason r",
	"enrol invite " + one + " --uses 2", "enrol invitations --user " + one, "enrol account " + one, "enrol account " + one + " --send", "enrol take-back " + one, "enrol terms", "enrol terms FILE",
	"enrol keys " + one, "enrol revoke " + one, "enrol companion " + one,
	"user group list", "user group show " + one, "user group add new", "user group edit " + one + " --name n", "user group remove " + one,
	"user group members " + one, "user group join " + one + " " + one, "user group leave " + one + " " + one,
	"device list words --user " + one + " --upstream " + one + " --group " + one + " --view " + one, "device show " + one,
	"device policy " + one, "device agent " + one, "device results " + one, "device removal-code " + one, "device edit " + one + " --name n --owner " + one, "device retire " + one + " --reason r",
	"device readmit " + one + " --reason r", "device remove " + one + " --reason r", "device phone " + one + " --reason r",
	"device export --column name", "device counts", "device view list", "device view save new words --state active",
	"device view remove " + one, "device group list", "device group show " + one, "device group add new",
	"device group edit " + one + " --description d", "device group remove " + one, "device group members " + one,
	"device group conditions " + one, "device group conditions " + one + " --none", "device group join " + one + " " + one, "device group leave " + one + " " + one,
	"portal show", "portal show --group " + one, "portal offer " + one, "portal withhold " + one, "portal offer " + one + " --group " + one, "portal withhold " + one + " --group " + one,
	"portal unset " + one + " --group " + one, "portal explain " + one,
	"script list", "script show " + one, "script add new FILE --group " + one, "script edit " + one + " FILE", "script remove " + one, "script results " + one,
	"script versions " + one, "script show " + one + " --version 1",
	"policy create new --preset " + one + " --set a=1", "policy edit " + one + " --unset a", "policy list --retired", "policy show " + one,
	"policy assign " + one + " --device-group " + one, "policy unassign --default", "policy assignments", "policy versions " + one,
	"policy diff " + one + " --from 1 --to 2", "policy preview " + one + " --platform ios --version 1", "policy rollback " + one + " 1",
	"policy effective " + one, "policy simulate " + one + " --set a=1", "policy simulate " + one + " --set a=1 --devices",
	"policy rollout start " + one + " --set a=1 --percent 5 --step 10 --every 1h", "policy rollout list", "policy rollout show " + one,
	"policy rollout change " + one + " --percent 20", "policy rollout pause " + one, "policy rollout resume " + one,
	"policy rollout finish " + one, "policy rollout back " + one,
	"schedule create new --window mon-fri@08:00-18:00 --off-peak 60 --default", "schedule list", "schedule show " + one,
	"schedule edit " + one + " --peak 15", "schedule remove " + one, "schedule device " + one,
	"policy retire " + one, "policy presets", "policy settings", "policy platforms",
	"command send " + one + " lock --reason r", "command batch lock " + one + " --reason r", "command batches", "command preview " + one + " full-wipe",
	"command list --device " + one + " --open", "command show " + one, "command approve " + one + " --otp 1", "command reject " + one + " --otp 1",
	"command cancel " + one,
	"approval list", "approval show " + one, "approval approve " + one + " --otp 1", "approval reject " + one + " --otp 1",
	"approval withdraw " + one,
	"safety rules", "safety change --quorum 2 --delay 1h --zone 5/20 --no-pass-upstream", "safety breaker", "safety close --reason r",
	"access allow " + one, "access block " + one + " --note n --for 7d", "access quarantine " + one, "access clear " + one,
	"access explain " + one, "access rules list", "access rules add block --match device --pattern " + one,
	"access rules edit 1 --decision allow --match user --pattern " + one, "access rules remove 1", "access rules move 1 1",
	"access default", "access default block",
	"compliance list", "compliance conditions", "compliance show " + one, "compliance add new --condition rooted --tell-owner --grace 24 --access block",
	"compliance edit " + one + " --off --area 48.2,16.4,5000 --user-group " + one, "compliance remove " + one, "compliance try --condition rooted",
	"compliance breaches --rule " + one, "compliance device " + one, "compliance exemptions --device " + one,
	"compliance exempt " + one + " --rule " + one + " --reason r --for 7d", "compliance end-exemption " + one, "compliance notices",
	"compliance notices --breach-subject b", "compliance notices --preview", "compliance notices --reset",
	"computer key create new --platform linux --group " + one, "computer key list --open", "computer key revoke " + one, "computer close", "computer open --node " + one,
	"computer closed", "computer rotate-keys",
	"registration rules list", "registration rules add new admit --folder " + one + " --group " + one, "registration rules edit 1 --verdict refuse --no-on",
	"registration rules remove 1", "registration rules move 1 1", "registration default", "registration default admit --folder " + one,
	"registration explain pc --attribute site=Vienna", "registration reconcile", "registration reconcile --by serial", "registration reviews",
	"registration same " + one + " " + one, "registration new " + one + " --folder " + one, "registration refuse " + one, "registration enter FILE --dry-run",
	"registration codes --open", "registration code " + one,
	"device folder list", "device folder add /new", "device folder edit " + one + " --path /other", "device folder remove " + one, "device folder move / " + one,
	"inventory add new --user " + one, "inventory token " + one, "inventory token " + one + " --show", "inventory token " + one + " --end",
	"inventory show " + one, "inventory show " + one + " software", "inventory changes " + one + " --for 24h", "inventory search openssl<3.0.15",
	"inventory software bash", "inventory versions bash", "inventory versions bash --within >=3.0,<3.0.15", "inventory news --for 24h --section software --kind gone --name bash --group " + one,
	"inventory uploads list --device " + one + " --state aside", "inventory uploads retry " + one, "inventory uploads drop " + one,
	"inventory events " + one + " --level warn",
	"report list", "report show " + one, "report add new --test openssl<3 --column name --every day --to " + one, "report edit " + one + " --words x",
	"report remove " + one, "report run " + one, "report run " + one + " --format json", "report try --test openssl", "report columns",
	"inventory sections", "inventory agents", "inventory agents --let-in",
	"personal stock " + one, "personal look " + one + " location --reason r", "personal file " + one + " --reason r -o /dev/null",
	"personal looks " + one, "personal export " + one + " --reason r -o /dev/null", "personal retention", "personal retention --days location=7 --history",
	"personal deletions", "personal holds", "personal hold " + one + " --reason r", "personal lift " + one,
	"upstream add new --url https://mail.example.org --domain example.org --hands-off-group " + one, "upstream edit " + one + " --device-cap 3",
	"upstream list", "upstream show " + one, "upstream test " + one + " --user u --password-file FILE",
	"upstream try --url https://mail.example.org", "upstream move " + one + " 1", "upstream remove " + one,
	"upstream assign " + one + " --user " + one, "upstream unassign --group " + one, "upstream assignments",
	"directory add new --host ldap.example.org --users ou=people,dc=example,dc=org --role admins=" + one + " --secret-file FILE",
	"directory add new --issuer https://login.example.org --client-id drover", "directory edit " + one + " --join", "directory list",
	"directory show " + one, "directory test " + one, "directory try --host ldap.example.org --users dc=example,dc=org",
	"directory import " + one + " --dry-run", "directory remove " + one, "user phone " + one + " --reason r",
	"update show", "update set --no-on --url https://updates.example.org/m.json --key FILE --proxy http://p:1", "update now",
	"zone show", "zone rename new", "zone map", "zone map --url https://tiles.example.org/{z}/{x}/{y}.png --attribution a", "services list --all", "services on x", "services off x --reason r",
	"services show", "services level x strict", "services limit x --per-address 60 --dry-run", "services internal 10.0.0.0/8",
	"services rule add endpoint allow internal --for 7d --otherwise deny", "services rule remove x 1 --node " + one, "services rule move x 1 1",
	"services rule otherwise tools deny", "services rule inherit tools", "services export", "services versions", "services version 1",
	"services diff 1 2", "services rollback 1", "services visits --service x --refused", "services traffic", "services keep", "services keep --days 7",
	"services address " + one + " https://server.example.org external --role collection", "services order management " + one,
	"services location add Branch 10.7.0.0/16", "services location remove x", "services closest --device " + one + " --address 10.7.0.1",
	"services servers", "services forget " + one, "services harden " + one, "services harden " + one + " --apply", "services report",
	"services report --html /dev/null", "services report --pdf /dev/null", "services apply FILE",
	"audit list --device " + one + " --user " + one, "audit show " + one, "audit export --action command.", "audit reveal " + one + " --reason r",
	"log server --search x", "log server --lines", "log sync --device " + one + " --user " + one, "log keep", "log keep --days 7", "security --facts",
	"audit verify", "audit state", "overview", "whoami",
}

// own are the commands that need no API: the server's machine, and the shell.
var own = []string{
	"serve", "check", "init", "db", "admin create", "token create", "completion", "complete", "version",
	"update key", "update sign", "update check",
}

// without are the operations that no command uses, and why.
var without = map[string]string{
	"describeComplianceNotices": "`compliance notices --reset` reads the built-in texts there",

	"followEvents":       "pages follow it (server-sent events); scripts ask the lists",
	"beginApproval":      "a passkey needs a browser; `approval approve` takes a one-time code",
	"beginPasskey":       "a passkey needs a browser",
	"proveByPasskey":     "a passkey needs a browser",
	"beginProof":         "a passkey needs a browser",
	"beginNewPasskey":    "an account is changed by its owner in the dashboard, never by a token",
	"finishNewPasskey":   "an account is changed by its owner in the dashboard, never by a token",
	"offerTOTP":          "an account is changed by its owner in the dashboard, never by a token",
	"confirmTOTP":        "an account is changed by its owner in the dashboard, never by a token",
	"removeFactor":       "an account is changed by its owner in the dashboard, never by a token",
	"changePassword":     "an account is changed by its owner in the dashboard, never by a token",
	"listSignInWays":     "sessions are the dashboard's; a command has a token",
	"beginProvider":      "sessions are the dashboard's; a command has a token",
	"finishProvider":     "sessions are the dashboard's; a command has a token",
	"signIn":             "sessions are the dashboard's; a command has a token",
	"proveByCode":        "sessions are the dashboard's; a command has a token",
	"signOut":            "sessions are the dashboard's; `token end` ends a token",
	"lookAtInvitation":   "a one-time link is opened in a browser",
	"setUp":              "a one-time link is opened in a browser; `admin create` needs none",
	"makeToken":          "a token makes no tokens; `token create` makes one on the server's machine",
	"listDeviceAudit":    "`audit list --device` says the same",
	"listDeviceCommands": "`command list --device` says the same",
	"exportServerLog":    "`log server --lines` says the same, page by page",
	"exportSyncLog":      "`log sync --lines` says the same, page by page",
	"testAccessRules":    "`access explain` says the same",
}

// contract is as much of an OpenAPI document as the sampled API needs.
type contract struct {
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]shape }
}

type operation struct {
	ID         string `json:"operationId"`
	Parameters []struct{ Name, In string }
	Body       struct {
		Content map[string]struct{ Schema shape }
	} `json:"requestBody"`
	Responses map[string]struct {
		Content map[string]struct{ Schema shape }
	}
}

type shape struct {
	Ref        string `json:"$ref"`
	Type       any
	Enum       []any
	Properties map[string]shape
	Required   []string
	Items      *shape
}

func readDescription(t *testing.T) *contract {
	t.Helper()
	text, err := os.ReadFile("../../web/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	d := &contract{}
	if err := json.Unmarshal(text, d); err != nil {
		t.Fatal(err)
	}
	return d
}

// sample returns a value of a shape in which every list has one thing, and every thing has the same id.
func (d *contract) sample(s shape, name string) any {
	s = d.resolve(s)
	kind := fmt.Sprint(s.Type)
	switch {
	case name == "next":
		return ""
	case name == "id" || name == "key" || name == "preset":
		return one
	case len(s.Enum) > 0:
		return s.Enum[0]
	case name == "faults" && strings.Contains(kind, "array"): // what has some ends with a failure
		return []any{}
	case strings.Contains(kind, "array"):
		return []any{d.sample(*s.Items, "")}
	case name == "invalid":
		return 0
	case strings.Contains(kind, "integer"), strings.Contains(kind, "number"):
		return 1
	case strings.Contains(kind, "boolean"):
		return true
	case strings.Contains(kind, "object"):
		out := map[string]any{}
		for name, p := range s.Properties {
			out[name] = d.sample(p, name)
		}
		if s.Properties == nil {
			out["q"] = "x" // of a view this is something to look for
		}
		return out
	}
	return "x"
}

func (d *contract) resolve(s shape) shape {
	if s.Ref == "" {
		return s
	}
	return d.Components.Schemas[s.Ref[strings.LastIndex(s.Ref, "/")+1:]]
}

// sampled is an API that answers every operation with a sample, and notes which were used.
type sampled struct {
	*contract
	*httptest.Server
	t *testing.T

	mu   sync.Mutex
	used []string
}

func newSampled(t *testing.T) *sampled {
	s := &sampled{contract: readDescription(t), t: t}
	mux := http.NewServeMux()
	for path, methods := range s.Paths {
		for method, op := range methods {
			mux.HandleFunc(strings.ToUpper(method)+" "+path, func(w http.ResponseWriter, r *http.Request) {
				s.judge(r, op)
				s.answer(w, op)
			})
		}
	}
	s.Server = httptest.NewTLSServer(mux)
	t.Cleanup(s.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pemOf(s.Certificate()), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DROVER_URL", s.URL)
	t.Setenv("DROVER_TOKEN", "drv_x")
	t.Setenv("DROVER_CA", ca)
	return s
}

// judge finds what the real API would refuse of a request.
func (s *sampled) judge(r *http.Request, op operation) {
	for name := range r.URL.Query() {
		if !slices.ContainsFunc(op.Parameters, func(p struct{ Name, In string }) bool { return p.In == "query" && p.Name == name }) {
			s.t.Errorf("%s has no parameter %q", op.ID, name)
		}
	}
	c, ok := op.Body.Content["application/json"]
	if !ok {
		return
	}
	var sent map[string]any
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
		s.t.Errorf("%s: %v", op.ID, err)
	}
	want := s.resolve(c.Schema)
	for name := range sent {
		if _, ok := want.Properties[name]; !ok {
			s.t.Errorf("%s takes no %q", op.ID, name)
		}
	}
	for _, name := range want.Required {
		if _, ok := sent[name]; !ok {
			s.t.Errorf("%s needs %q", op.ID, name)
		}
	}
}

func (s *sampled) answer(w http.ResponseWriter, op operation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used = append(s.used, op.ID)
	for status, r := range op.Responses {
		if !strings.HasPrefix(status, "2") {
			continue
		}
		w.Header().Set("ETag", `"1"`)
		var code int
		if _, err := fmt.Sscan(status, &code); err != nil {
			s.t.Error(err)
		}
		w.WriteHeader(code)
		if c, ok := r.Content["application/json"]; ok {
			if err := json.NewEncoder(w).Encode(s.sample(c.Schema, "")); err != nil {
				s.t.Error(err)
			}
		} else if _, ok := r.Content["text/csv"]; ok {
			fmt.Fprintln(w, "x")
		}
	}
}

// hand runs commands in this process.
type hand struct {
	*sampled
	parser *kong.Kong
	out    bytes.Buffer
}

func (s *sampled) hand(t *testing.T) *hand {
	t.Helper()
	null, err := os.Open(os.DevNull) // nobody sits there to be asked
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = null.Close() })
	h := &hand{sampled: s}
	if h.parser, _, err = newParser(t.Context(), newConsole(null, &h.out, io.Discard)); err != nil {
		t.Fatal(err)
	}
	return h
}

// try runs a command.
func (h *hand) try(args ...string) error {
	parsed, err := h.parser.Parse(args)
	if err != nil {
		return err
	}
	return parsed.Run()
}

// do runs a command and returns what it printed, and the operations that it used.
func (h *hand) do(t *testing.T, args ...string) (printed string, used []string) {
	t.Helper()
	h.out.Reset()
	h.mu.Lock()
	h.used = nil
	h.mu.Unlock()
	if err := h.try(args...); err != nil {
		t.Errorf("drover %s: %v", strings.Join(args, " "), err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.out.String(), slices.Clone(h.used)
}

// TestEveryOperationHasACommand runs every command against an API that is made of its own description: each operation is
// used by a command or says above why not, each command prints a table and JSON, and docs/cli.md has the table of both.
func TestEveryOperationHasACommand(t *testing.T) {
	s := newSampled(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte(`{"internal": ["a text that is long enough"]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	commands, h := everyCommand(t), s.hand(t)
	by, ran := map[string][]string{}, map[string]bool{}
	for _, line := range lines {
		command := commandIn(line, commands)
		if command == "" {
			t.Fatalf("%q is no command", line)
		}
		ran[command] = true
		args := strings.Fields(strings.ReplaceAll(line, "FILE", file))
		if printed, _ := h.do(t, args...); printed == "" {
			t.Errorf("drover %s prints nothing", line)
		}
		printed, used := h.do(t, append(args, "--json")...)
		if !json.Valid([]byte(printed)) && command != "device export" && command != "report run" {
			t.Errorf("drover %s --json prints no JSON: %s", line, printed)
		}
		// What comes before the last operation only finds things by their names, or reads what is to be changed.
		if len(used) == 0 { // told above
			continue
		}
		if op := used[len(used)-1]; !slices.Contains(by[op], command) {
			by[op] = append(by[op], command)
		}
	}
	for _, c := range commands {
		if !ran[c] && !slices.ContainsFunc(own, func(o string) bool { return c == o || strings.HasPrefix(c, o+" ") }) {
			t.Errorf("%q talks to the API and is not tried here", c)
		}
	}
	hold(t, s.table(t, by))
}

func pemOf(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// everyCommand lists the leaves of the command tree.
func everyCommand(t *testing.T) []string {
	t.Helper()
	k, _, err := newParser(t.Context(), newConsole(os.Stdin, os.Stdout, os.Stderr))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, leaf := range k.Model.Leaves(false) {
		all = append(all, pathOf(leaf))
	}
	return all
}

func commandIn(line string, commands []string) string {
	for _, c := range commands {
		if strings.HasPrefix(line+" ", c+" ") {
			return c
		}
	}
	return ""
}

// table writes the table of docs/cli.md.
func (s *sampled) table(t *testing.T, by map[string][]string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| operation | request | command |\n| --- | --- | --- |\n")
	known := map[string]bool{}
	for _, path := range slices.Sorted(maps.Keys(s.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(s.Paths[path])) {
			id := s.Paths[path][method].ID
			known[id] = true
			words := without[id]
			switch {
			case words == "" && len(by[id]) == 0:
				t.Errorf("%s has no command, and nothing says why", id)
			case words != "" && len(by[id]) > 0:
				t.Errorf("%s has a command, %s, and is said to have none", id, by[id])
			case words != "":
				words = "none: " + words
			default:
				words = "`" + strings.Join(by[id], "`, `") + "`"
			}
			fmt.Fprintf(&b, "| %s | %s %s | %s |\n", id, strings.ToUpper(method), strings.TrimPrefix(path, "/api/v1"), words)
		}
	}
	for id := range without {
		if !known[id] {
			t.Errorf("there is no operation %s any more", id)
		}
	}
	return b.String()
}

var operationsTable = regexp.MustCompile(`(?s)\| operation \| request \| command \|\n.*?\|\n(\n|$)`)

// hold compares the table with that of docs/cli.md, or writes it there.
func hold(t *testing.T, table string) {
	t.Helper()
	const manual = "../../docs/cli.md"
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	at := operationsTable.FindIndex(text)
	if at == nil {
		t.Fatal(manual + " has no table of operations")
	}
	if strings.TrimSpace(string(text[at[0]:at[1]])) == strings.TrimSpace(table) {
		return
	}
	if !*update {
		t.Fatalf("the table of operations in %s is not true any more: run this test with -update", manual)
	}
	next := slices.Concat(text[:at[0]], []byte(table), []byte("\n"), text[at[1]:])
	if err := os.WriteFile(manual, next, 0o644); err != nil {
		t.Fatal(err)
	}
}
