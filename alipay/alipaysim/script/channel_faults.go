package script

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"miniflow/alipay/alipaysim/internal/glob"
)

// What goes wrong on the long connection. Each is something that a real client meets or
// has to be safe from.
const (
	// ChannelRegisterHang keeps the answer to register back for For. A client without a
	// time-out of its own hangs with it, and nobody notices.
	ChannelRegisterHang = "register_hang"
	// ChannelRegisterFailure answers register with Code, SubCode and SubMsg, unsigned
	// as the platform's failures may be.
	ChannelRegisterFailure = "register_failure"
	// ChannelRegisterUnsigned leaves the sign out of a successful register, which a
	// client has to refuse.
	ChannelRegisterUnsigned = "register_unsigned"
	// ChannelRegisterBadSignature signs something else: the link token may then be of
	// anybody.
	ChannelRegisterBadSignature = "register_bad_signature"
	// ChannelNeverPong opens a link that answers no ping, by which a client finds out
	// that nobody is there.
	ChannelNeverPong = "never_pong"
	// ChannelMute opens a link that answers pings and carries no message: the
	// server has forgotten whom it belongs to. It lasts until the client leaves.
	ChannelMute = "mute"
	// ChannelHandshakeHang keeps the answer to the handshake back for For; a client has
	// to give up by itself.
	ChannelHandshakeHang = "handshake_hang"
	// ChannelClose sends the message and closes the link with 1001, as a server does
	// that is restarted: the acknowledgement has to come over another link.
	ChannelClose = "close"
	// ChannelReset sends the message and resets the connection, so that the client gets
	// no close frame.
	ChannelReset = "reset"
	// ChannelHalfOpen sends the message and is gone without a word: the connection
	// stays open, nothing of it is read or written any more, and other messages
	// take other links.
	ChannelHalfOpen = "half_open"
	// ChannelBadSignature signs something else with Alipay's key. The official client
	// logs that and delivers all the same; no other should.
	ChannelBadSignature = "bad_signature"
	// ChannelWrongKey signs with a key that is not Alipay's, as a forger has to.
	ChannelWrongKey = "wrong_key"
	// ChannelForgedData adds a second data member, not signed, to a body whose first
	// one verifies. A client that verifies the first and reads the last takes the
	// forgery.
	ChannelForgedData = "forged_data"
	// ChannelOtherApp sends a message, well signed, that names another app: the
	// signature does not say whom it is for.
	ChannelOtherApp = "other_app"
	// ChannelDuplicate sends the message twice: one x-msgId, two stream-ids. By the
	// first alone a client sees that it is one message.
	ChannelDuplicate = "duplicate"
	// ChannelReorder keeps the message back until the app's next one has left, at most
	// for For. The platform promises no order.
	ChannelReorder = "reorder"
	// ChannelLostAck loses the acknowledgement, so that the message comes again
	// although the client has handled it.
	ChannelLostAck = "lost_ack"
	// ChannelOversized blows the frame up by Size bytes of white space. It is outside
	// of data, so the signature holds and only a limit protects.
	ChannelOversized = "oversized"
	// ChannelBadJSON cuts the body off in the middle of data; the protocol before it
	// can be read, and must not be acknowledged.
	ChannelBadJSON = "bad_json"
)

// Places where channel faults strike. Each kind has one: a fault on a message can't
// strike a register.
const (
	PlaceRegister = "register"
	PlaceConnect  = "connect"
	PlaceMessage  = "message"
)

const (
	// defaultOversize is more than a client should take; maxOversize is what one
	// fault may cost in memory.
	defaultOversize = 16 << 20
	maxOversize     = 64 << 20
	// defaultStandBack is how long a message waits to be overtaken, for there may be no
	// next one.
	defaultStandBack = time.Second
)

// channelPlaces says where each kind strikes, and with its keys which kinds there are.
// Read only.
var channelPlaces = map[string]string{
	ChannelRegisterHang: PlaceRegister, ChannelRegisterFailure: PlaceRegister,
	ChannelRegisterUnsigned: PlaceRegister, ChannelRegisterBadSignature: PlaceRegister,
	ChannelNeverPong: PlaceConnect, ChannelMute: PlaceConnect, ChannelHandshakeHang: PlaceConnect,
	ChannelClose: PlaceMessage, ChannelReset: PlaceMessage, ChannelHalfOpen: PlaceMessage, ChannelBadSignature: PlaceMessage, ChannelWrongKey: PlaceMessage,
	ChannelForgedData: PlaceMessage, ChannelOtherApp: PlaceMessage, ChannelDuplicate: PlaceMessage, ChannelReorder: PlaceMessage,
	ChannelLostAck: PlaceMessage, ChannelOversized: PlaceMessage, ChannelBadJSON: PlaceMessage,
}

// ChannelFaultKinds lists every kind of ChannelFault, sorted because refusals show the
// list.
func ChannelFaultKinds() []string {
	var kinds []string
	for kind := range channelPlaces {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return kinds
}

// ChannelFault strikes the long connection: a register, a link that is opened, or
// a message. Like those of Fault its durations are not divided by Speed.
type ChannelFault struct {
	Kind string `json:"kind"`
	// AppID and Message are globs; empty matches every one. Message is for the kinds
	// that strike messages.
	AppID   string `json:"app_id,omitempty"`
	Message string `json:"message,omitempty"`
	// Times is how often it strikes; 0 is always, until the faults are replaced.
	Times int `json:"times,omitempty"`
	// Struck counts how often it did. It is kept in the file, so that a restart does
	// not begin again.
	Struck int `json:"struck,omitempty"`
	// For is the length of register_hang and handshake_hang, and the most of reorder (0 is 1 s).
	For Duration `json:"for,omitempty"`
	// Size is the white space of oversized, in bytes; 0 is 16 MiB.
	Size int `json:"size,omitempty"`
	// Code, SubCode and SubMsg are the answer of register_failure; Code empty is
	// 40004.
	Code    string `json:"code,omitempty"`
	SubCode string `json:"sub_code,omitempty"`
	SubMsg  string `json:"sub_msg,omitempty"`
}

// StrikeChannel finds the first fault that strikes at a place and has times left, and
// counts it. Saving the count is the caller's, in the same transaction.
func (f *Faults) StrikeChannel(place, appID, message string) (ChannelFault, bool) {
	for i := range f.Channel {
		fault := &f.Channel[i]
		if channelPlaces[fault.Kind] != place || (fault.Times > 0 && fault.Struck >= fault.Times) {
			continue
		}
		if glob.Match(fault.AppID, appID) && glob.Match(fault.Message, message) {
			fault.Struck++
			struck := *fault
			struck.Size = cmp.Or(struck.Size, defaultOversize)
			struck.For = cmp.Or(struck.For, Duration(defaultStandBack))
			return struck, true
		}
	}
	return ChannelFault{}, false
}

func (f ChannelFault) check() error {
	switch {
	case f.Times < 0:
		return fmt.Errorf("times is %d; use 0 for always, or how often it strikes", f.Times)
	case (f.Kind == ChannelRegisterHang || f.Kind == ChannelHandshakeHang) && f.For == 0:
		return fmt.Errorf(`a %s fault needs "for", such as "30s"`, f.Kind)
	case f.Size < 0 || f.Size > maxOversize:
		return fmt.Errorf("size is %d; use 0 to %d bytes", f.Size, maxOversize)
	case f.Message != "" && channelPlaces[f.Kind] != PlaceMessage:
		return fmt.Errorf("a %s fault strikes no message; leave message out", f.Kind)
	}
	return cmp.Or(glob.Check("app_id", f.AppID), glob.Check("message", f.Message))
}
