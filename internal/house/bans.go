package house

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// The lengths beyond which a file is two subjects; tests hold long tables.
const (
	maxLines     = 550
	maxTestLines = 800
)

// programs are the only packages that may start another program: that of the server, of which there is none yet, and that of
// the agent. They must say with which arguments.
var programs = []string{"internal/base/program", "agent/system"}

// product tells whether a file is part of what is shipped: tools and tests may do more.
func product(s *source) bool {
	return !s.isTest() && (strings.HasPrefix(s.path, "internal/") || strings.HasPrefix(s.path, "cmd/") || strings.HasPrefix(s.path, "agent/")) &&
		!strings.HasPrefix(s.path, "internal/house/")
}

// bannedImports no shipped package may import.
var bannedImports = map[string]string{
	"os/exec": "only " + strings.Join(programs, " and ") + " may start programs",
	"unsafe":  "the server needs no unsafe code",
	"plugin":  "the server loads no code",
	// Incidents S1 and S15: no native deserialisation, nothing of the process's inside on a listener.
	"encoding/gob":   "formats are decoded by their own bounded readers",
	"net/http/pprof": "no listener shows profiles",
	"expvar":         "no listener shows variables",
}

const noProgram = "only the packages of programs may start programs"

// bannedNames no shipped package may use, by import path.
var bannedNames = map[string]map[string]string{
	"time": {"Sleep": "wait on a context and a timer, or on what is waited for"},
	"net/http": {
		"DefaultClient": "it has no timeout", "DefaultTransport": "it has no bounds", "DefaultServeMux": "it is open to every package",
		"Get": "it has no timeout", "Post": "it has no timeout", "PostForm": "it has no timeout", "Head": "it has no timeout",
		"ListenAndServe": "it has no timeouts", "ListenAndServeTLS": "it has no timeouts", "Handle": "hand routes to the gate",
		"HandleFunc": "hand routes to the gate",
	},
	"log/slog": {
		"Default": "the logger is passed in", "Info": "the logger is passed in", "Warn": "the logger is passed in",
		"Error": "the logger is passed in", "Debug": "the logger is passed in",
	},
	"log": {
		"Print": "use the log/slog logger that is passed in", "Printf": "use the log/slog logger that is passed in",
		"Println": "use the log/slog logger that is passed in", "Fatal": "return the error", "Fatalf": "return the error",
		"Fatalln": "return the error", "Panic": "return the error", "Panicf": "return the error",
		"Default": "use the log/slog logger that is passed in", "SetOutput": "use the log/slog logger that is passed in",
	},
	"math/rand": {"Read": "secrets come from crypto/rand"},
	// Incident S4: the other ways to start a program.
	"os":                    {"StartProcess": noProgram},
	"syscall":               {"Exec": noProgram, "ForkExec": noProgram, "StartProcess": noProgram, "CreateProcess": noProgram, "CreateProcessAsUser": noProgram},
	"golang.org/x/sys/unix": {"Exec": noProgram},
	"golang.org/x/sys/windows": {
		"CreateProcess": noProgram, "CreateProcessAsUser": noProgram, "ShellExecute": noProgram,
	},
}

// checkBans judges what one file imports and names.
func checkBans(s *source) []finding {
	var found []finding
	most := maxLines
	if s.isTest() {
		most = maxTestLines
	}
	if s.size > most {
		found = append(found, finding{s.path, "has " + strconv.Itoa(s.size) + " lines; over " + strconv.Itoa(most) + " it is two subjects"})
	}
	if s.isTest() {
		return append(found, skips(s)...)
	}
	if !product(s) {
		return found
	}
	for path, spec := range s.imports() {
		if why, banned := bannedImports[path]; banned && !slices.Contains(programs, s.dir()) {
			found = append(found, s.find(spec.Pos(), path+": "+why))
		}
	}
	return append(found, names(s)...)
}

// names finds the banned names of a file.
func names(s *source) []finding {
	var found []finding
	local := map[string]map[string]string{}
	for path, banned := range bannedNames {
		if name := s.imported(path); name != "" {
			local[name] = banned
		}
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok {
			if why, banned := local[x.Name][sel.Sel.Name]; banned && !(why == noProgram && slices.Contains(programs, s.dir())) {
				found = append(found, s.find(sel.Pos(), x.Name+"."+sel.Sel.Name+": "+why))
			}
		}
		return true
	})
	return found
}

// skips finds tests that give up: what cannot be tested here is not known to work.
func skips(s *source) []finding {
	var found []finding
	ast.Inspect(s.file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := sel.X.(*ast.Ident)
		if ok && (x.Name == "t" || x.Name == "b" || x.Name == "f") && strings.HasPrefix(sel.Sel.Name, "Skip") {
			found = append(found, s.find(call.Pos(), "a test that cannot run here fails"))
		}
		return true
	})
	return found
}

// attributes are the slog functions whose first argument is a field's name.
var attributes = map[string]bool{
	"String": true, "Int": true, "Int64": true, "Uint64": true, "Bool": true, "Float64": true, "Duration": true,
	"Time": true, "Any": true, "Group": true,
}

// checkLogFields finds field names that are written out instead of taken from internal/base/logfield.
func checkLogFields(s *source) []finding {
	name := s.imported("log/slog")
	if name == "" || !product(s) {
		return nil
	}
	var found []finding
	ast.Inspect(s.file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := sel.X.(*ast.Ident)
		if ok && x.Name == name && attributes[sel.Sel.Name] && isText(call.Args[0]) {
			found = append(found, s.find(call.Pos(), "names a log field itself; take it from internal/base/logfield"))
		}
		return true
	})
	return append(found, looseFields(s)...)
}

// looseFields finds names among the arguments of a logger's methods: log.Info("message", "name", value).
func looseFields(s *source) []finding {
	var found []finding
	ast.Inspect(s.file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		first := map[string]int{"Info": 1, "Warn": 1, "Error": 1, "Debug": 1, "InfoContext": 2, "WarnContext": 2, "ErrorContext": 2, "DebugContext": 2}[sel.Sel.Name]
		if first == 0 || len(call.Args) <= first || !isText(call.Args[first-1]) {
			return true
		}
		if isText(call.Args[first]) {
			found = append(found, s.find(call.Pos(), "names a log field itself; take it from internal/base/logfield"))
		}
		return true
	})
	return found
}

func isText(e ast.Expr) bool {
	lit, ok := e.(*ast.BasicLit)
	return ok && lit.Kind == token.STRING
}
