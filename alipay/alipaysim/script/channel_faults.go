package script

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"miniflow/alipay/alipaysim/internal/glob"
)

// Kinds of ChannelFault. Each is something that real clients meet, or a forgery that
// Alipay's own SDK lets through.
const (
	// ChannelRegisterHang keeps the answer to register back for For: a client without a
	// time-out on it is silently dead, as Alipay's SDK is.
	ChannelRegisterHang = "register_hang"
	// ChannelRegisterFailure answers with Code, SubCode and SubMsg, under status 200 as the
	// platform does: a client that looks only at the status takes it for a success.
	ChannelRegisterFailure = "register_failure"
	// ChannelRegisterUnsigned leaves the sign out of a success; only a failure may lack it.
	ChannelRegisterUnsigned = "register_unsigned"
	// ChannelRegisterBadSignature signs something else: a client that goes on gives its link
	// to anybody who can answer in Alipay's place.
	ChannelRegisterBadSignature = "register_bad_signature"
	// ChannelNeverPong opens a link that answers no ping, the one sign of a dead peer that a
	// client gets while TCP still holds.
	ChannelNeverPong = "never_pong"
	// ChannelMute opens a link that answers pings and carries no message: the
	// server has forgotten whom it belongs to. It lasts until the client leaves.
	ChannelMute = "mute"
	// ChannelHandshakeHang is for clients whose time-out ends with the TCP connection.
	ChannelHandshakeHang = "handshake_hang"
	// ChannelClose sends the message and closes with 1001 (going away), as a server does
	// that is being replaced; the acknowledgement has no link to leave on any more.
	ChannelClose = "close"
	// ChannelReset sends the message and resets the connection: a client that waits for a
	// close frame never sees one.
	ChannelReset = "reset"
	// ChannelHalfOpen sends the message and is gone without a word: the connection
	// stays open, nothing of it is read or written any more, and other messages
	// take other links.
	ChannelHalfOpen = "half_open"
	// ChannelBadSignature signs something else with Alipay's key. Alipay's SDK logs it and
	// acknowledges the message all the same; a client must not.
	ChannelBadSignature = "bad_signature"
	// ChannelWrongKey signs with a key that is not Alipay's: a well-formed forgery.
	ChannelWrongKey = "wrong_key"
	// ChannelForgedData adds a second data member, not signed, to a body whose
	// first one verifies. A client that verifies the first and parses the last, as Alipay's
	// SDK does, delivers the forgery.
	ChannelForgedData = "forged_data"
	// ChannelOtherApp sends a message, well signed, that names another app: a signature
	// alone does not make it the receiver's.
	ChannelOtherApp = "other_app"
	// ChannelDuplicate sends the message twice: one x-msgId, two stream-ids. Both want an
	// acknowledgement, and the message may count once.
	ChannelDuplicate = "duplicate"
	// ChannelReorder keeps the message back until the app's next one has left, at most for
	// For: the channel promises no order, and a verdict may come before its submission.
	ChannelReorder = "reorder"
	// ChannelLostAck loses the acknowledgement, so that a message the client has dealt with
	// is retried.
	ChannelLostAck = "lost_ack"
	// ChannelOversized blows the frame up by Size bytes of white space, outside the signed
	// text: only a limit on reading saves the client's memory.
	ChannelOversized = "oversized"
	// ChannelBadJSON cuts the body off in the middle of data; a client that can't read a
	// message must not acknowledge it.
	ChannelBadJSON = "bad_json"
)

// Places where channel faults strike. A kind has one place, so a fault set for a message
// never uses up its Times on a register.
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
	// defaultStandBack ends the wait to be overtaken, for there may be no next message.
	defaultStandBack = time.Second
)

// channelPlaces is also the list of kinds, so that none can be without a place. Read only.
var channelPlaces = map[string]string{
	ChannelRegisterHang: PlaceRegister, ChannelRegisterFailure: PlaceRegister,
	ChannelRegisterUnsigned: PlaceRegister, ChannelRegisterBadSignature: PlaceRegister,
	ChannelNeverPong: PlaceConnect, ChannelMute: PlaceConnect, ChannelHandshakeHang: PlaceConnect,
	ChannelClose: PlaceMessage, ChannelReset: PlaceMessage, ChannelHalfOpen: PlaceMessage, ChannelBadSignature: PlaceMessage, ChannelWrongKey: PlaceMessage,
	ChannelForgedData: PlaceMessage, ChannelOtherApp: PlaceMessage, ChannelDuplicate: PlaceMessage, ChannelReorder: PlaceMessage,
	ChannelLostAck: PlaceMessage, ChannelOversized: PlaceMessage, ChannelBadJSON: PlaceMessage,
}

// ChannelFaultKinds lists every kind of ChannelFault, sorted, since a map's order would
// change the text of an error each time.
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
	// Kind is one of ChannelFaultKinds; it settles the place as well.
	Kind string `json:"kind"`
	// AppID is a glob; empty matches every app, since most tests have only one.
	AppID string `json:"app_id,omitempty"`
	// Message is a glob on a message's name. A register or a link has no message, so with
	// their kinds it is refused.
	Message string `json:"message,omitempty"`
	// Times is how often it strikes; 0 is always, until replaced: a client then has to live
	// with the fault and not only to survive it.
	Times int `json:"times,omitempty"`
	// Struck is counted by the simulator, so that a test can see that its fault was met.
	Struck int `json:"struck,omitempty"`
	// For has a default for reorder alone, 1 s; a hang needs it, since how long a client
	// bears is what its test is about.
	For Duration `json:"for,omitempty"`
	// Size is in bytes; 0 is 16 MiB, more than any client should take.
	Size int `json:"size,omitempty"`
	// Code, SubCode and SubMsg are the answer of register_failure; Code empty is
	// 40004. The real codes are not published, so any may be tried.
	Code    string `json:"code,omitempty"`
	SubCode string `json:"sub_code,omitempty"`
	SubMsg  string `json:"sub_msg,omitempty"`
}

// StrikeChannel counts the fault that it finds: the caller has to store f and to let the
// fault strike, or Times runs out without an effect.
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
