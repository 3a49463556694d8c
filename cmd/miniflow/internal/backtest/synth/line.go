package synth

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// answer is what the old handler answered, as far as it has logged that.
type answer int

const (
	unknown answer = iota
	accepted
	refused
)

// forgery is what is wrong with a forged message.
type forgery int

const (
	genuine forgery = iota
	tampered
	foreign // signed with another key
)

// line is one line of the log before it is written.
type line struct {
	message *message // nil for a line about something else
	shape   int
	answer  answer
	forgery forgery
	number  int
}

// shapes are how handlers log.
const (
	shapeRaw          = iota // the body alone; it has no answer
	shapeAccess              // an access log with the body in it
	shapeParameters          // JSON of the parameters behind a prefix
	shapeLogged              // a log of JSON with the body as text
	shapeEncodedGBK          // a body in GBK
	shapeGBK                 // JSON of the parameters in the bytes of GBK
	shapeConvertedGBK        // JSON inside of JSON, in UTF-8, of a message that came in GBK
	shapes
)

// write returns the text of a line.
func (l line) write(key, other *Key) []byte {
	if l.message == nil {
		return fmt.Appendf(nil, `2026-06-01 08:00:00 INFO heartbeat %d, signals 0, app_id_cache warm`, l.number)
	}
	charset := "UTF-8"
	if l.shape >= shapeEncodedGBK {
		charset = "GBK"
	}
	by := key
	if l.forgery == foreign {
		by = other
	}
	values := l.message.signed(by, charset)
	if l.forgery == tampered {
		values["notify_id"] += "0"
	}
	return l.shaped(values)
}

func (l line) shaped(values map[string]string) []byte {
	status, body := map[answer]string{accepted: "200 7", refused: "500 4"}[l.answer], map[answer]string{accepted: "success", refused: "fail"}[l.answer]
	arrow := ""
	if body != "" {
		arrow = " -> " + body
	}
	switch l.shape {
	case shapeRaw:
		return []byte(form(values))
	case shapeAccess, shapeEncodedGBK:
		if body == "" {
			return fmt.Appendf(nil, `10.0.0.1 - - [01/Jun/2026:08:00:00 +0800] "POST /notify HTTP/1.1" "%s"`, form(values))
		}
		return fmt.Appendf(nil, `10.0.0.1 - - [01/Jun/2026:08:00:00 +0800] "POST /notify HTTP/1.1" "%s" %s "%s"`, form(values), status, body)
	case shapeParameters:
		return fmt.Appendf(nil, `2026-06-01 08:00:00.123 [http-8] INFO c.e.Notify - params: %s%s`, object(values), arrow)
	case shapeGBK:
		return []byte("2026-06-01 08:00:00 notify " + object(values) + arrow)
	case shapeConvertedGBK:
		for name, value := range values {
			values[name], _ = simplifiedchinese.GBK.NewDecoder().String(value) // it was encoded just before
		}
		return logged(map[string]any{"request": object(values), "response": body})
	default:
		record := map[string]any{"level": "info", "body": form(values)}
		if body != "" {
			record["status"], record["response"] = map[answer]int{accepted: 200, refused: 500}[l.answer], body
		}
		return logged(record)
	}
}

// logged writes a record as a log of JSON does, in which & is escaped.
func logged(record map[string]any) []byte {
	text, _ := json.Marshal(record) // it has texts and numbers alone
	return text
}

// object writes parameters as JSON whose texts keep their bytes, whatever charset those are in.
func object(values map[string]string) string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		names[i] = `"` + name + `":"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(values[name]) + `"`
	}
	return "{" + strings.Join(names, ",") + "}"
}
