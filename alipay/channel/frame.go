package channel

import (
	"bytes"
	"strings"

	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

const (
	typeMessage = "message"
	cmdConsume  = "CONSUME"
)

// frame is a message split into its parts but not verified yet:
//
//	from-sys:openchannel CRLF
//	from-sys-ip:10.1.2.3 CRLF
//	stream-id:s0001 CRLF
//	CRLF
//	{"protocol":{…},"data":{…}}
type frame struct {
	head head
	// msgType, command and the others are members of protocol. None of them is signed, so
	// they decide nothing but the answer.
	msgType, command, messageID, timestamp, signType, sign string
	// data keeps the exact bytes of the member, because the signature covers those.
	data []byte
}

// head is what an answer repeats. Nothing else of a frame is ever sent back, so that an
// answer can't carry what a stranger wrote.
type head struct{ fromSys, fromSysIP, streamID string }

// field returns the variable of a header line, nil for a line that is ignored so that Alipay
// can add some.
func (h *head) field(name string) *string {
	switch name {
	case "from-sys":
		return &h.fromSys
	case "from-sys-ip":
		return &h.fromSysIP
	case "stream-id":
		return &h.streamID
	default:
		return nil
	}
}

// readFrame splits a text frame. After an error no answer is sent, because its stream-id
// could not be read.
func readFrame(payload []byte, in Charset) (*frame, error) {
	lines, body, found := bytes.Cut(payload, []byte("\r\n\r\n"))
	if !found || len(lines) > maxHead {
		return nil, &FrameError{ReasonHead}
	}
	f := new(frame)
	if !f.head.read(string(lines)) {
		return nil, &FrameError{ReasonHead}
	}
	outer, err := members(body, in)
	if err != nil {
		return nil, frameError(err)
	}
	for name, value := range outer {
		if name != "data" && !valid(value, in) { // its values are checked after the signature
			return nil, &FrameError{ReasonJSON}
		}
	}
	protocol, err := members(outer["protocol"], in)
	if err != nil {
		return nil, frameError(err)
	}
	if !f.readProtocol(protocol, in) {
		return nil, &FrameError{ReasonJSON}
	}
	f.data = outer["data"]
	return f, nil
}

// read reads header lines. The official client cuts a value at its second colon, which breaks
// IPv6 addresses; here the whole value is repeated. An unknown line may contain anything,
// because no message may be lost over it.
func (h *head) read(lines string) bool {
	if lines == "" {
		return true
	}
	for line := range strings.SplitSeq(lines, "\r\n") {
		name, value, found := strings.Cut(line, ":")
		if !found {
			return false
		}
		field := h.field(name)
		if field == nil {
			continue
		}
		if *field != "" || value == "" || len(value) > maxEcho || !printable(value) {
			return false
		}
		*field = value
	}
	return true
}

// printable reports whether a text is ASCII without control characters: then it can't end a
// line of our answer, whatever the charset.
func printable(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// readProtocol reads the members that matter. All of them are strings, because Alipay's own
// client requires it; null counts as missing.
func (f *frame) readProtocol(protocol map[string][]byte, in Charset) bool {
	for name, into := range map[string]*string{
		"x-type": &f.msgType, "x-cmd": &f.command, "x-msgId": &f.messageID,
		"x-timestamp": &f.timestamp, "x-signType": &f.signType, "x-sign": &f.sign,
	} {
		var err error
		if *into, err = textOf(protocol, name, in); err != nil {
			return false
		}
	}
	return len(f.messageID) <= maxMessageID
}

// check refuses what may not be verified at all, before the verifier sees it: a frame that
// isn't a message, or one that chose another algorithm.
func (f *frame) check(signType keys.SignType) error {
	switch {
	case f.msgType != typeMessage:
		return &FrameError{ReasonType}
	case !bytes.HasPrefix(f.data, []byte("{")):
		return &FrameError{ReasonData}
	case f.signType != string(signType):
		// Pinned, because the verifier may accept SHA-1 for this app over HTTP.
		return &notify.Refusal{Reason: notify.ReasonSignTypeNotAllowed}
	default:
		return nil
	}
}
