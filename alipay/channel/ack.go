package channel

import (
	"fmt"
	"unicode/utf16"
)

type status string

const (
	statusSuccess status = "SUCCESS"
	statusFail    status = "FAIL"
)

// ack returns the answer to a frame, as the official client writes it. It is ASCII and below
// 4 KiB whatever the frame contains, so it is valid in every charset and is sent in one write
// (see rawConn).
func (f *frame) ack(s status) []byte {
	text := make([]byte, 0, 512)
	for _, line := range []struct{ name, value string }{
		{"from-sys", f.head.fromSys}, {"from-sys-ip", f.head.fromSysIP}, {"stream-id", f.head.streamID},
	} {
		if line.value != "" {
			text = append(text, line.name+":"+line.value+"\r\n"...)
		}
	}
	text = append(text, "\r\n"+`{"protocol":{"x-type":"message","x-cmd":"CONSUME_ACK",`...)
	if f.messageID != "" {
		text = append(text, `"x-msgId":`...)
		text = append(appendQuoted(text, f.messageID), ',')
	}
	return append(text, `"x-version":"1.0","x-status":"`+string(s)+`"}}`...)
}

// appendQuoted appends a JSON string in ASCII. encoding/json would keep characters whose
// bytes mean something else in GBK.
func appendQuoted(to []byte, text string) []byte {
	to = append(to, '"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			to = append(to, '\\', byte(r))
		case r >= ' ' && r <= '~':
			to = append(to, byte(r))
		default:
			for _, unit := range utf16.Encode([]rune{r}) {
				to = fmt.Appendf(to, `\u%04x`, unit)
			}
		}
	}
	return append(to, '"')
}
