package longconn

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/wire"
)

// Header lines of every message we send. A value must not hold a colon: official
// clients cut it there.
const (
	fromSys   = "openchannel"
	fromSysIP = "10.1.2.3"
)

// Values of x-status. Any other is no acknowledgement.
const (
	ackSuccess = "SUCCESS"
	ackFail    = "FAIL"
)

// consumeData is the data of a CONSUME, which is what x-sign covers: header, then
// content, which is always an object.
func consumeData(app account.App, appID, msgAPI, content string) (string, error) {
	header := wire.Object{{"appId", appID}, {"msgApi", msgAPI}}
	if app.Certificates != nil {
		header = append(header, wire.Member{"app_cert_sn", app.Certificates.AppSN()}, wire.Member{"alipay_root_cert_sn", app.Certificates.RootSN()})
	}
	raw, err := header.MarshalJSON()
	if err != nil {
		return "", fmt.Errorf("encode the header of a message: %w", err)
	}
	return `{"header":` + string(raw) + `,"content":` + plainEscapes(content) + `}`, nil
}

// consumeProtocol is the protocol of a CONSUME. All of its members are strings: a
// client that casts would lose the message over a number.
func consumeProtocol(m *world.Message, charset wire.Charset, signType, signature string) (string, error) {
	raw, err := wire.Object{{"x-type", "message"}, {"x-cmd", "CONSUME"}, {"x-msgId", m.NotifyID}, {"x-timestamp", m.Params["utc_timestamp"]},
		{"x-version", "1.0"}, {"x-charset", string(charset)}, {"x-signType", signType}, {"x-sign", signature}}.MarshalJSON()
	return string(raw), err
}

// frameText separates the header lines from the body with an empty line; clients cut at
// the first, so no header may hold one.
func frameText(stream, body string) string {
	return "from-sys:" + fromSys + "\r\nfrom-sys-ip:" + fromSysIP + "\r\nstream-id:" + stream + "\r\n\r\n" + body
}

// plainEscapes writes out every \u escape with a letter in its digits: official
// clients read the digits a to f wrongly. Control characters and halves of a
// surrogate pair have no other spelling and stay.
func plainEscapes(text string) string {
	if !strings.Contains(text, `\u`) {
		return text
	}
	var plain strings.Builder
	for i := 0; i < len(text); {
		if text[i] != '\\' || i+1 >= len(text) {
			plain.WriteByte(text[i])
			i++
			continue
		}
		r, length := escaped(text[i:])
		if strings.ContainsAny(text[i+2:i+length], "abcdefABCDEF") && r >= ' ' && r != '"' && r != '\\' && !utf16.IsSurrogate(r) {
			plain.WriteRune(r)
		} else {
			plain.WriteString(text[i : i+length])
		}
		i += length
	}
	return plain.String()
}

// escaped reads the escape that a text begins with: what it stands for and how long it
// is. A surrogate pair is one, since its halves mean nothing alone.
func escaped(text string) (r rune, length int) {
	unit := func(text string) rune {
		if len(text) < 6 || text[:2] != `\u` {
			return -1
		}
		number, err := strconv.ParseUint(text[2:6], 16, 16)
		if err != nil {
			return -1
		}
		return rune(number)
	}
	first := unit(text)
	if first < 0 {
		return -1, 2 // one of the short escapes, such as \" or \n
	}
	if utf16.IsSurrogate(first) {
		if pair := utf16.DecodeRune(first, unit(text[6:])); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return first, 6
}

type inbound struct {
	headers  map[string]string
	cmd      string
	protocol map[string]string
	data     string // as it was written, because the signature covers it so
}

// readInbound reads a text frame strictly: header lines, an empty line, and one
// JSON object without anything said twice, all of whose scalars are strings.
func readInbound(text string) (in inbound, err error) {
	head, body, found := strings.Cut(text, "\r\n\r\n")
	if !found {
		return in, errors.New("the frame has no empty line between header and body")
	}
	if in.headers, err = readHeaders(head); err != nil {
		return in, err
	}
	whole, err := wire.StrictObject(body)
	if err != nil {
		return in, fmt.Errorf("read the body: %w", err)
	}
	protocol, err := wire.StrictObject(string(whole["protocol"]))
	if err != nil {
		return in, fmt.Errorf("read protocol: %w", err)
	}
	in.data, in.protocol = string(whole["data"]), map[string]string{}
	for name, raw := range protocol {
		var value *string
		if err := json.Unmarshal(raw, &value); err != nil {
			return in, fmt.Errorf("%s is not a string", name)
		}
		if value != nil { // null is allowed, and says nothing
			in.protocol[name] = *value
		}
	}
	if in.protocol["x-type"] != "message" {
		return in, fmt.Errorf("x-type is %q, not message", in.protocol["x-type"])
	}
	in.cmd = in.protocol["x-cmd"]
	return in, nil
}

// readHeaders wants stream-id, under which the message waits. The others are echoes of
// what was sent.
func readHeaders(head string) (map[string]string, error) {
	headers := map[string]string{}
	for line := range strings.SplitSeq(head, "\r\n") {
		name, value, found := strings.Cut(line, ":")
		if !found || value == "" || strings.Contains(value, ":") {
			return nil, fmt.Errorf("the header line %q is not name:value with one colon", line)
		}
		if _, twice := headers[name]; twice {
			return nil, fmt.Errorf("the header %s is there twice", name)
		}
		headers[name] = value
	}
	if headers["stream-id"] == "" {
		return nil, errors.New("the frame has no stream-id")
	}
	return headers, nil
}
