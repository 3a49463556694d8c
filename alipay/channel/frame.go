package channel

import (
	"bytes"
	"strings"

	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

// Words of the protocol.
const (
	typeMessage = "message"
	cmdConsume  = "CONSUME"
)

// frame is a message taken apart but not yet trusted:
//
//	from-sys:openchannel CRLF
//	from-sys-ip:10.1.2.3 CRLF
//	stream-id:s0001 CRLF
//	CRLF
//	{"protocol":{…},"data":{…}}
type frame struct {
	head head
	// msgType, command and the others are members of protocol. None is signed.
	msgType, command, messageID, timestamp, signType, sign string
	// data is the member data: its exact bytes, which are what is signed.
	data []byte
}

// head is what an answer repeats. Nothing else of a frame is ever sent back.
type head struct{ fromSys, fromSysIP, streamID string }

// field gives the place of a header line's value, nil for a line that means
// nothing here.
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

// readFrame takes a text frame apart. The error is a *FrameError, and then there
// is nobody to answer, or nothing to.
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
		if name != "data" && !valid(value, in) { // data is the verifier's to judge
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

// read reads header lines. The official client cuts a value at its second colon,
// which breaks IPv6 addresses; here the whole value is repeated. A line that
// means nothing here may hold anything: a message is not lost over it.
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

// printable tells whether a text is ASCII without control characters: then it
// can't end a line of ours, whatever the charset.
func printable(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// readProtocol reads the members that matter. All of them are strings, as
// Alipay's own client demands; null counts as missing.
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

// check tells whether the frame is a message that may be verified.
func (f *frame) check() error {
	switch {
	case f.msgType != typeMessage:
		return &FrameError{ReasonType}
	case !bytes.HasPrefix(f.data, []byte("{")):
		return &FrameError{ReasonData}
	case f.signType != string(keys.RSA2):
		// Pinned: the verifier may know an app that is still on SHA-1 over HTTP.
		return &notify.Refusal{Reason: notify.ReasonSignTypeNotAllowed}
	default:
		return nil
	}
}
