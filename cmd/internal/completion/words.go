package completion

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// word is something that may stand at the cursor.
type word struct{ text, help string }

// fits is everything that may. files says that a name of a file may, which the shell knows.
type fits struct {
	words []word
	files bool
}

// line is a command line as far as the cursor.
type line struct {
	lists      map[string][]string
	node       *kong.Node // the command so far
	pending    *kong.Flag // a flag whose value comes next
	plain      bool       // behind --, where nothing is a flag
	positional int        // how many arguments the command has got
}

// complete returns what may stand at the cursor. The last word is the one there, behind a mark.
func complete(root *kong.Node, lists map[string][]string, words []string) fits {
	l := line{lists: lists, node: root}
	current := ""
	if last := len(words) - 1; last >= 0 {
		current = strings.TrimPrefix(words[last], "=")
		for _, one := range words[:last] {
			l.take(one)
		}
	}
	found := l.candidates(current)
	found.words = slices.DeleteFunc(found.words, func(w word) bool { return !strings.HasPrefix(w.text, strings.TrimPrefix(current, "=")) })
	return found
}

// take reads a word in front of the cursor, as the parser would.
func (l *line) take(text string) {
	switch child := l.child(text); {
	case l.pending != nil && text == "=": // bash breaks a word there
	case l.pending != nil:
		l.pending = nil
	case l.plain:
		l.positional++
	case text == "--":
		l.plain = true
	case strings.HasPrefix(text, "-") && text != "-":
		l.flag(text)
	case child != nil:
		l.node = child
	default:
		l.positional++
	}
}

func (l *line) child(name string) *kong.Node {
	for _, child := range l.node.Children {
		if child.Name == name || slices.Contains(child.Aliases, name) {
			return child
		}
	}
	return nil
}

// flag notes a flag whose value is the next word. One that nobody knows is the parser's to
// refuse.
func (l *line) flag(text string) {
	name, _, whole := strings.Cut(text, "=")
	for _, flag := range l.flags() {
		short := "-" + string(flag.Short)
		if !whole && !flag.IsBool() && (name == "--"+flag.Name || flag.Short != 0 && name == short) {
			l.pending = flag
		}
	}
}

// flags are those of the command and of what it belongs to: each may stand behind it.
func (l *line) flags() (all []*kong.Flag) {
	for node := l.node; node != nil; node = node.Parent {
		all = append(all, node.Flags...)
	}
	return all
}

func (l *line) candidates(current string) fits {
	name, _, hasValue := strings.Cut(current, "=")
	switch {
	case l.pending != nil:
		return l.values(l.pending.Value)
	case !l.plain && strings.HasPrefix(current, "--") && hasValue:
		return l.valuesBehind(name)
	case !l.plain && strings.HasPrefix(current, "-"):
		return l.flagNames()
	case len(l.node.Children) > 0:
		return l.children()
	}
	arguments := l.node.Positional
	switch last := len(arguments) - 1; {
	case l.positional <= last:
		return l.values(arguments[l.positional])
	case last >= 0 && arguments[last].IsCumulative():
		return l.values(arguments[last])
	}
	return fits{}
}

// valuesBehind are the values of a flag in the same word, such as --stage=auditing.
func (l *line) valuesBehind(name string) (found fits) {
	for _, flag := range l.flags() {
		if "--"+flag.Name == name {
			found = l.values(flag.Value)
		}
	}
	for i := range found.words {
		found.words[i].text = name + "=" + found.words[i].text
	}
	return found
}

func (l *line) flagNames() (found fits) {
	for _, flag := range l.flags() {
		if !flag.Hidden {
			found.words = append(found.words, word{"--" + flag.Name, flag.Help})
		}
	}
	return found
}

func (l *line) children() (found fits) {
	for _, child := range l.node.Children {
		if !child.Hidden {
			found.words = append(found.words, word{child.Name, child.Help})
		}
	}
	return found
}

// values are those of a list by the tag's name, or of the parser's own enum. Text without
// either is a person's to write.
func (l *line) values(v *kong.Value) (found fits) {
	list := v.Tag.Get("complete")
	values := l.lists[list]
	if list == "" && v.Enum != "" {
		values = v.EnumSlice()
	}
	for _, value := range values {
		if value != "" {
			found.words = append(found.words, word{text: value})
		}
	}
	found.files = list == "files" || v.Tag.Type == "path"
	return found
}
