package script

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"miniflow/alipay/alipaysim/internal/glob"
)

// Kinds of ChannelFault: what goes wrong on the long connection.
const (
	// ChannelRegisterHang keeps the answer to register back for For.
	ChannelRegisterHang = "register_hang"
	// ChannelRegisterFailure answers register with Code, SubCode and SubMsg.
	ChannelRegisterFailure = "register_failure"
	// ChannelRegisterUnsigned leaves the sign out of a successful register.
	ChannelRegisterUnsigned = "register_unsigned"
	// ChannelRegisterBadSignature signs something else.
	ChannelRegisterBadSignature = "register_bad_signature"
	// ChannelNeverPong opens a link that answers no ping.
	ChannelNeverPong = "never_pong"
	// ChannelMute opens a link that answers pings and carries no message: the
	// server has forgotten whom it belongs to. It lasts until the client leaves.
	ChannelMute = "mute"
	// ChannelHandshakeHang keeps the answer to the handshake back for For.
	ChannelHandshakeHang = "handshake_hang"
	// ChannelClose sends the message and closes the link with 1001.
	ChannelClose = "close"
	// ChannelReset sends the message and resets the connection.
	ChannelReset = "reset"
	// ChannelHalfOpen sends the message and is gone without a word: the connection
	// stays open, nothing of it is read or written any more, and other messages
	// take other links.
	ChannelHalfOpen = "half_open"
	// ChannelBadSignature signs something else with Alipay's key.
	ChannelBadSignature = "bad_signature"
	// ChannelWrongKey signs with a key that is not Alipay's.
	ChannelWrongKey = "wrong_key"
	// ChannelForgedData adds a second data member, not signed, to a body whose
	// first one verifies.
	ChannelForgedData = "forged_data"
	// ChannelOtherApp sends a message, well signed, that names another app.
	ChannelOtherApp = "other_app"
	// ChannelDuplicate sends the message twice: one x-msgId, two stream-ids.
	ChannelDuplicate = "duplicate"
	// ChannelReorder keeps the message back until the app's next one has left,
	// at most for For.
	ChannelReorder = "reorder"
	// ChannelLostAck loses the acknowledgement.
	ChannelLostAck = "lost_ack"
	// ChannelOversized blows the frame up by Size bytes of white space.
	ChannelOversized = "oversized"
	// ChannelBadJSON cuts the body off in the middle of data.
	ChannelBadJSON = "bad_json"
)

// Places where channel faults strike.
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
	// defaultStandBack is how long a message waits to be overtaken.
	defaultStandBack = time.Second
)

// channelPlaces says where each kind strikes. Read only.
var channelPlaces = map[string]string{
	ChannelRegisterHang: PlaceRegister, ChannelRegisterFailure: PlaceRegister,
	ChannelRegisterUnsigned: PlaceRegister, ChannelRegisterBadSignature: PlaceRegister,
	ChannelNeverPong: PlaceConnect, ChannelMute: PlaceConnect, ChannelHandshakeHang: PlaceConnect,
	ChannelClose: PlaceMessage, ChannelReset: PlaceMessage, ChannelHalfOpen: PlaceMessage, ChannelBadSignature: PlaceMessage, ChannelWrongKey: PlaceMessage,
	ChannelForgedData: PlaceMessage, ChannelOtherApp: PlaceMessage, ChannelDuplicate: PlaceMessage, ChannelReorder: PlaceMessage,
	ChannelLostAck: PlaceMessage, ChannelOversized: PlaceMessage, ChannelBadJSON: PlaceMessage,
}

// ChannelFaultKinds lists every kind of ChannelFault.
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
	// Kind is one of ChannelFaultKinds.
	Kind string `json:"kind"`
	// AppID is a glob on the app; empty matches every one.
	AppID string `json:"app_id,omitempty"`
	// Message is a glob on a message's name, for the kinds that strike messages.
	Message string `json:"message,omitempty"`
	// Times is how often it strikes; 0 is always, until replaced.
	Times int `json:"times,omitempty"`
	// Struck counts how often it did.
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

// StrikeChannel finds the fault that strikes at a place, counts it and returns it.
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

// check says what is wrong with the fault.
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
