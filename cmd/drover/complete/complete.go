// Package complete completes command lines. The shells' scripts only ask this program, so that what they offer is what
// the program's own model of its commands says.
package complete

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Candidate is one word that may stand next, with what it means.
type Candidate struct{ Word, Help string }

// Words returns what may stand where the last word is being written. Nothing means that the shell may offer files.
func Words(app *kong.Application, words []string) []Candidate {
	if len(words) == 0 {
		return nil
	}
	last := words[len(words)-1]
	node, position, pending := walk(app.Node, words[:len(words)-1])
	var all []Candidate
	switch {
	case pending != nil:
		all = values(pending)
	case strings.HasPrefix(last, "-"):
		if name, _, assigned := strings.Cut(last, "="); assigned {
			for _, c := range values(find(node, name)) {
				all = append(all, Candidate{name + "=" + c.Word, c.Help})
			}
			break
		}
		all = flags(node)
	case len(node.Children) > 0:
		all = commands(node)
	case position < len(node.Positional):
		all = values(node.Positional[position])
	}
	return slices.DeleteFunc(all, func(c Candidate) bool { return !strings.HasPrefix(c.Word, last) })
}

// walk follows the words that stand already: to which command, to which of its arguments, and to a flag that still waits
// for its value.
func walk(node *kong.Node, words []string) (at *kong.Node, position int, pending *kong.Value) {
	for _, w := range words {
		switch {
		case pending != nil:
			pending = nil
		case strings.HasPrefix(w, "-"):
			if f := find(node, w); f != nil && !f.IsBool() && !strings.Contains(w, "=") {
				pending = f
			}
		case child(node, w) != nil:
			node, position = child(node, w), 0
		default:
			position++
		}
	}
	return node, position, pending
}

func child(node *kong.Node, name string) *kong.Node {
	i := slices.IndexFunc(node.Children, func(n *kong.Node) bool { return n.Name == name && !n.Hidden })
	if i < 0 {
		return nil
	}
	return node.Children[i]
}

// find returns the flag that a word names.
func find(node *kong.Node, word string) *kong.Value {
	name, _, _ := strings.Cut(strings.TrimLeft(word, "-"), "=")
	for _, group := range node.AllFlags(true) {
		for _, f := range group {
			if f.Name == name || (f.Short != 0 && string(f.Short) == name) {
				return f.Value
			}
		}
	}
	return nil
}

func commands(node *kong.Node) (out []Candidate) {
	for _, n := range node.Children {
		if !n.Hidden {
			out = append(out, Candidate{n.Name, n.Help})
		}
	}
	return out
}

func flags(node *kong.Node) (out []Candidate) {
	for _, group := range node.AllFlags(true) {
		for _, f := range group {
			out = append(out, Candidate{"--" + f.Name, f.Help})
		}
	}
	return out
}

// values lists what a flag or an argument takes, where that is known.
func values(v *kong.Value) (out []Candidate) {
	if v == nil || v.Enum == "" {
		return nil
	}
	for _, word := range v.EnumSlice() {
		if word != "" {
			out = append(out, Candidate{word, ""})
		}
	}
	return out
}

// Script returns the script that a shell is to read: bash, zsh or fish.
func Script(shell string) (string, error) {
	script, ok := scripts[shell]
	if !ok {
		return "", fmt.Errorf("there is no completion for %q: it is bash, zsh or fish", shell)
	}
	return script, nil
}

// Each asks "drover complete -- WORDS", which answers with a line for every candidate: the word, a tab, its meaning.
var scripts = map[string]string{
	"bash": `# bash completion for drover: source <(drover completion bash)
_drover() {
    local line word prefix= joined= words=()
    # bash takes --flag=value for three words
    for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
        if [[ $word == = && ${#words[@]} -gt 0 ]]; then
            words[-1]+=$word prefix=${words[-1]} joined=yes
        elif [[ $joined ]]; then
            words[-1]+=$word joined=
        else
            words+=("$word") prefix=
        fi
    done
    COMPREPLY=()
    while IFS= read -r line; do
        line=${line%%$'\t'*}
        COMPREPLY+=("${line#"$prefix"}")
    done < <("${COMP_WORDS[0]}" complete -- "${words[@]}" 2>/dev/null)
}
complete -o default -F _drover drover
`,
	"zsh": `#compdef drover
# zsh completion for drover: source <(drover completion zsh)
_drover() {
    local line
    local -a found
    while IFS= read -r line; do
        found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    done < <("${words[1]}" complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
    if (( ${#found} )); then
        _describe -t values drover found
    else
        _files
    fi
}
compdef _drover drover
`,
	"fish": `# fish completion for drover: drover completion fish | source
function __drover_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found ($words[1] complete -- $words[2..-1] 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c drover -f -a '(__drover_complete)'
`,
}
