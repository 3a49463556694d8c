package keys

import (
	"strings"

	"miniflow/alipay"
)

// Armour is what a key or certificate is wrapped in. [Inspect] shows it, because tools differ
// in what they accept.
type Armour string

// The wrappings that Alipay's console, its tools and openssl produce.
const (
	ArmourPEM    Armour = "PEM"
	ArmourBase64 Armour = "base64"
	ArmourDER    Armour = "DER"
)

// keyText is a key or certificate text, read once. Every question about a text is answered
// from this list, so that two answers are never about two different things in it: the
// certificate whose chain is proven is the one whose key is trusted.
type keyText struct {
	wanted string
	armour Armour
	items  []keyItem
}

// keyItem is one thing in a text: a key, a certificate, a request, or something that was unwrapped
// but could not be parsed, which an error then points to by its line.
type keyItem struct {
	line    int
	der     []byte
	found   any
	problem Problem
}

func (i keyItem) kind() Problem {
	if i.found == nil {
		return i.problem
	}
	return kindOf(i.found)
}

const (
	pemBegin  = "-----BEGIN "
	pemEnd    = "-----END "
	pemDashes = "-----"
)

// readKeyText reads a key or certificate text in any of the forms that users have: armoured
// blocks with any text around them, bare base64, or DER. A text with a lost or garbled part
// is refused as a whole, because the missing part might be the one that was meant.
func readKeyText(wanted, text string) (keyText, *KeyError) {
	read := keyText{wanted: wanted}
	refused := func(problem Problem) (keyText, *KeyError) {
		return keyText{}, &KeyError{Wanted: wanted, Problem: problem}
	}
	if len(text) > alipay.MaxKeyText {
		return refused(ProblemTooLong)
	}
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return refused(ProblemUTF16)
	}
	if der := []byte(text); looksLikeDER(der) {
		read.armour = ArmourDER
		err := read.add(0, der)
		return read, err
	}
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\ufeff", "").Replace(text)
	switch {
	case strings.TrimSpace(text) == "":
		return refused(ProblemEmpty)
	case strings.Contains(text, pemBegin), strings.Contains(text, pemEnd):
		read.armour = ArmourPEM
		err := read.addBlocks(text)
		return read, err
	}
	der, problem := decodeBase64(text)
	if looksLikePath(text) && parseKeyDER(der) == nil {
		problem = ProblemPath
	}
	if problem != noProblem {
		return refused(problem)
	}
	read.armour = ArmourBase64
	err := read.add(0, der)
	return read, err
}

// addBlocks reads every armoured block. A block need not begin on a line of its own, because
// some were glued together or lost their line breaks in an environment variable. Text around
// blocks is skipped, as openssl does.
func (t *keyText) addBlocks(text string) *KeyError {
	line := 1
	for {
		before, rest, another := strings.Cut(text, pemBegin)
		if at := strings.Index(before, pemEnd); at >= 0 {
			return t.garbled(line+strings.Count(before[:at], "\n"), ProblemTruncated)
		}
		if !another {
			return nil
		}
		line += strings.Count(before, "\n")
		label, rest, closed := strings.Cut(rest, pemDashes)
		body, after, ended := strings.Cut(rest, pemEnd+label+pemDashes)
		if !closed || !ended || strings.ContainsAny(label, "\n") || strings.Contains(body, pemBegin) || strings.Contains(body, pemEnd) {
			return t.garbled(line, ProblemTruncated)
		}
		if err := t.addBlock(line, label, body); err != nil {
			return err
		}
		line += strings.Count(body, "\n")
		text = after
	}
}

// addBlock reads what stands between BEGIN and END, also with its line breaks written as \n,
// because .env files and JSON hold them like that.
func (t *keyText) addBlock(line int, label, body string) *KeyError {
	if label == "ENCRYPTED PRIVATE KEY" || strings.Contains(body, "DEK-Info") {
		t.items = append(t.items, keyItem{line: line, problem: ProblemEncrypted})
		return nil
	}
	var lines []string
	for one := range strings.SplitSeq(strings.NewReplacer(`\r`, "\n", `\n`, "\n").Replace(body), "\n") {
		if !strings.Contains(one, ":") { // not a header such as "Comment: …"
			lines = append(lines, one)
		}
	}
	der, problem := decodeBase64(strings.Join(lines, ""))
	if problem != noProblem {
		return t.garbled(line, problem)
	}
	return t.add(line, der)
}

// maxKeyItems bounds the items of one text, so that a wrong file fails quickly. Alipay's root
// bundle has four.
const maxKeyItems = 32

func (t *keyText) add(line int, der []byte) *KeyError {
	if len(der) > maxKeyDER || len(t.items) == maxKeyItems {
		return t.garbled(line, ProblemTooLong)
	}
	item := keyItem{line: line, der: der, found: parseKeyDER(der)}
	if item.found == nil {
		if item.problem = explainDER(der); item.problem == ProblemTruncated {
			return t.garbled(line, ProblemTruncated)
		}
	}
	t.items = append(t.items, item)
	return nil
}

func (t *keyText) garbled(line int, problem Problem) *KeyError {
	return &KeyError{Wanted: t.wanted, Problem: problem, Line: line}
}

// missing returns the error for a text that lacks what was wanted. It names a recognised item
// rather than an unknown one, because that explains more.
func (t *keyText) missing() *KeyError {
	item := t.items[0]
	for _, other := range t.items {
		if item.kind() == ProblemUnknown {
			item = other
		}
	}
	return t.garbled(item.line, item.kind())
}

// only returns the one thing of a kind that a text holds; as says whether an item is of that kind.
// Two that differ are refused, because one of them would be ignored silently.
func only[T any](t keyText, as func(found any) (T, bool), same func(a, b T) bool) (T, keyItem, *KeyError) {
	var one T
	var from keyItem
	for _, item := range t.items {
		found, ok := as(item.found)
		switch {
		case !ok:
		case from.found == nil:
			one, from = found, item
		case !same(one, found):
			return one, from, t.garbled(item.line, ProblemSeveral)
		}
	}
	if from.found == nil {
		return one, from, t.missing()
	}
	return one, from, nil
}
