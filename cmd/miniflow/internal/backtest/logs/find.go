package logs

import "bytes"

// Kind says what a line holds.
type Kind uint8

const (
	// KindNone is a line about something else.
	KindNone Kind = iota
	// KindUnread names app_id and sign but holds no whole notification: it was cut, or printed in a
	// way that loses something.
	KindUnread
	// KindMessage is a line with a notification.
	KindMessage
)

// Found is what a line holds.
type Found struct {
	Kind Kind
	// Form is the body to verify. It is the finder's own memory until its next Find.
	Form []byte
	// AppID is the app_id that the form names; nobody vouches for it yet.
	AppID  string
	Answer Answer
}

// Finder looks for notifications in lines. It keeps its buffers, so each worker has one.
type Finder struct {
	parser parser
	form   []byte
	lines  [2][]byte // a line that was quoted, without its escapes
}

var (
	quotedSign = []byte(`"sign`)
	formSign   = []byte("sign=")
	escapeSign = []byte(`sign\`) // an equals sign or a quote follows
	formAppID  = []byte("app_id=")
	ampersand  = []byte(`\u0026`) // as a log of JSON writes it
	appIDWord  = []byte("app_id")
	signWord   = []byte("sign")
)

// Find returns the first notification of a line. A line that has none may be quoted in another log, once
// or more often, so it is looked at without its escapes, too.
func (f *Finder) Find(line []byte) Found {
	found := f.in(line)
	for level := 0; level < maxNested && found.Kind == KindUnread; level++ {
		plain := f.unescaped(level%len(f.lines), line)
		if len(plain) == len(line) {
			break
		}
		if line = plain; f.parser.tries <= 0 {
			break
		}
		if again := f.in(line); again.Kind == KindMessage {
			return again
		}
	}
	return found
}

// in looks for a notification in a line as it is. JSON is tried first, because a value inside of it may
// look like a form, while a form has no quotes to look like JSON.
func (f *Finder) in(line []byte) Found {
	asJSON := bytes.Contains(line, quotedSign)
	if !asJSON && !bytes.Contains(line, formSign) && !bytes.Contains(line, escapeSign) || !bytes.Contains(line, appIDWord) {
		return Found{}
	}
	f.parser.tries = maxTries
	if asJSON {
		if at, ok := f.parser.find(line, maxNested); ok {
			f.form = appendForm(f.form[:0], f.parser.inItsCharset())
			return Found{Kind: KindMessage, Form: f.form, AppID: f.parser.value("app_id"), Answer: answerIn(line, at)}
		}
	}
	if at, ok := formIn(line); ok {
		f.form = unescapeForm(f.form[:0], line[at.start:at.end])
		if len(f.form) != at.end-at.start { // what separates its fields is seen now
			f.form = f.form[:tail(f.form)]
		}
		if id := parameter(f.form, "app_id"); id != nil && parameter(f.form, "sign") != nil {
			return Found{Kind: KindMessage, Form: f.form, AppID: string(id), Answer: answerIn(line, at)}
		}
	}
	return Found{Kind: KindUnread}
}

// span is the part of a line that holds a notification.
type span struct{ start, end int }

// parameter returns the value of a form's parameter as it is written, nil where there is none.
func parameter(form []byte, name string) []byte {
	for rest := form; len(rest) > 0; {
		var field []byte
		field, rest, _ = bytes.Cut(rest, []byte("&"))
		if key, value, found := bytes.Cut(field, []byte("=")); found && string(key) == name {
			return value
		}
	}
	return nil
}
