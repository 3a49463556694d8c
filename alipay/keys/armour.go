package keys

import (
	"bytes"
	"encoding/asn1"
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"miniflow/alipay"
)

// Armour says what a key or certificate is wrapped in.
type Armour string

// The wrappings that the console, its tools and openssl hand out.
const (
	ArmourPEM    Armour = "PEM"
	ArmourBase64 Armour = "base64"
	ArmourDER    Armour = "DER"
)

// Armours lists every wrapping.
func Armours() []Armour { return []Armour{ArmourPEM, ArmourBase64, ArmourDER} }

// keyText is a key or certificate text, read once. Whatever is taken from a text
// is taken from this list, so that two questions about one text are never about
// two different things in it: the certificate whose chain is proven is the one
// whose key is trusted.
type keyText struct {
	wanted string // what the reader is after, for errors
	armour Armour
	items  []keyItem // in the order of the text, never empty
}

// keyItem is one thing that stands in a text: a key, a certificate, a request, or
// something that could be taken out of its armour and not be read.
type keyItem struct {
	line    int // where its armour begins, from 1; 0 without armour
	der     []byte
	found   any     // what parseKeyDER made of it, or nil
	problem Problem // why it is nil
}

// kind names what an item is.
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

// readKeyText reads a key or certificate text in any of the forms that users have:
// armoured blocks with whatever stands around them, bare base64, or DER. A text of
// which a part is lost or garbled is refused whole, because what is missing might
// be what was meant.
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

// addBlocks reads every armoured block. They need not begin on a line of their own,
// since some were glued together or lost their line breaks on the way through a
// variable; text around them is skipped, as openssl does.
func (t *keyText) addBlocks(text string) *KeyError {
	line := 1
	for {
		before, rest, another := strings.Cut(text, pemBegin)
		if at := strings.Index(before, pemEnd); at >= 0 { // the end of a block that has lost its beginning
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

// addBlock reads what stands between BEGIN and END, also with its line breaks
// written as \n.
func (t *keyText) addBlock(line int, label, body string) *KeyError {
	if label == "ENCRYPTED PRIVATE KEY" || strings.Contains(body, "DEK-Info") {
		t.items = append(t.items, keyItem{line: line, problem: ProblemEncrypted})
		return nil
	}
	var lines []string
	for one := range strings.SplitSeq(strings.NewReplacer(`\r`, "\n", `\n`, "\n").Replace(body), "\n") {
		if !strings.Contains(one, ":") { // a header, such as "Comment: …"
			lines = append(lines, one)
		}
	}
	der, problem := decodeBase64(strings.Join(lines, ""))
	if problem != noProblem {
		return t.garbled(line, problem)
	}
	return t.add(line, der)
}

// maxKeyItems bounds what stands in one text: Alipay's root bundle has four.
const maxKeyItems = 32

// add reads one item's bytes.
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

// none says what is there in place of what was wanted. Something that is known by
// name says more than something that is not.
func (t *keyText) none() *KeyError {
	item := t.items[0]
	for _, other := range t.items {
		if item.kind() == ProblemUnknown {
			item = other
		}
	}
	return t.garbled(item.line, item.kind())
}

// theOne gives the one thing of a kind that a text holds. Two that differ are
// refused: the other would be lost without a word.
func theOne[T any](t keyText, same func(a, b T) bool) (T, keyItem, *KeyError) {
	var one T
	var from keyItem
	for _, item := range t.items {
		found, ok := item.found.(T)
		switch {
		case !ok:
		case from.found == nil:
			one, from = found, item
		case !same(one, found):
			return one, from, t.garbled(item.line, ProblemSeveral)
		}
	}
	if from.found == nil {
		return one, from, t.none()
	}
	return one, from, nil
}

// decodeBase64 reads base64 without armour. A length that base64 can't have is a
// cut-off copy; a foreign character is something else.
func decodeBase64(text string) ([]byte, Problem) {
	text = strings.Join(strings.Fields(text), "")
	der, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		return der, noProblem
	}
	if strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") != "" {
		return nil, ProblemNotBase64
	}
	return nil, ProblemTruncated
}

// looksLikeDER tells binary from text: a sequence with a length of more than one
// byte, which no text in UTF-8 begins with.
func looksLikeDER(text []byte) bool {
	return len(text) > 2 && text[0] == 0x30 && text[1]&0xf0 == 0x80 && !utf8.Valid(text)
}

// looksLikePath tells a file's name from a key. The shortest key is much longer, and
// each begins with the letters that a sequence has in base64.
func looksLikePath(text string) bool {
	const longest = 160
	text = strings.TrimSpace(text)
	if len(text) > longest || strings.ContainsAny(text, "\n\"{}<>") || strings.HasPrefix(text, "MI") || strings.HasSuffix(text, "=") {
		return false
	}
	dot := strings.LastIndexByte(text, '.')
	return strings.ContainsAny(text, `/\`) || dot >= 0 && len(text)-dot <= len(".pkcs8") && !strings.HasSuffix(text, ".")
}

// Object identifiers that tell apart what the parsers refuse.
var (
	oidSM2   = []byte{0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d}
	oidPBES2 = []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d}
)

// explainDER says why no parser took these bytes.
func explainDER(der []byte) Problem {
	var whole asn1.RawValue
	rest, err := asn1.Unmarshal(der, &whole)
	switch {
	// A sequence (0x30) that starts well and doesn't reach its own length was cut.
	case (err != nil || len(rest) > 0) && len(der) > 0 && der[0] == 0x30:
		return ProblemTruncated
	case bytes.Contains(der, oidPBES2):
		return ProblemEncrypted
	case bytes.Contains(der, oidSM2):
		return ProblemEC
	default:
		return ProblemUnknown
	}
}
