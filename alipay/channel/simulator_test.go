package channel_test

import (
	"errors"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/alipay/channel"
	"miniflow/alipay/notify"
)

// These tests connect our client to the simulator over a listener on loopback. The two were
// written independently from the protocol, so they share no misreading.

// channelSamples are the messages of which the simulator has a sample and that the long
// connection carries.
var channelSamples = []string{
	"alipay.open.mini.merchant.confirmed", "alipay.open.mini.merchant.fastregister.changed",
	"alipay.open.mini.version.audit.passed", "alipay.open.mini.version.audit.rejected", "alipay.open.mini.version.baseaudit.passed",
	"alipay.open.auth.appauth.cancelled", "alipay.open.auth.appauth.cancel", "alipay.open.app.api.field.changed",
	"alipay.open.auth.userauth.cancelled", "alipay.trade.refund.depositback.completed",
	"ant.merchant.expand.indirect.zft.passed", "ant.merchant.expand.indirect.zft.rejected",
	"alipay.open.sp.operation.result.notify", "alipay.open.sp.inteop.sync.notify", "alipay.merchant.tradecomplain.changed",
}

// ways are all combinations, and one without TLS.
var ways = map[string]way{
	"keys, UTF-8":              {charset: channel.UTF8},
	"keys, GBK":                {charset: channel.GBK},
	"certificates, UTF-8":      {charset: channel.UTF8, certificates: true},
	"certificates, GBK":        {charset: channel.GBK, certificates: true},
	"keys, UTF-8, without TLS": {charset: channel.UTF8, plain: true},
}

// hard is content with everything that is easily garbled: Chinese whose second byte in GBK is
// a backslash or a brace, escapes, numbers in a particular spelling.
const hard = `{"text":"面馆的乗亄〔〕 \"\\ \/ < > & \u0041","amount":0.10,"list":[{"a":1e2},{}],"no":null}`

func TestEveryMessageArrivesByEveryWay(t *testing.T) {
	for name, how := range ways {
		t.Run(name, func(t *testing.T) {
			alipaySide, kept := simulate(t, how), newSink()
			r := alipaySide.run(alipaySide.client(how), kept)
			r.outcome(channel.OutcomeConnected)
			sent := map[string]string{}
			for _, message := range channelSamples {
				sent[alipaySide.send(message, "", 1)[0]] = message
			}
			exact := alipaySide.send("alipay.test.hard", hard, 1)[0]
			poll(t, "all are acted on", time.Minute, func() bool { return kept.has() == len(channelSamples)+1 })
			alipaySide.idle()
			r.end()

			book := alipaySide.book(nil, r.client.State(), kept)
			for id := range sent {
				sent[id] = kept.contents[id] // the simulator made the content; its name is checked below
			}
			sent[exact] = sum("alipay.test.hard", hard)
			book.sent = sent
			if err := book.check(); err != nil {
				t.Error(err)
			}
			if len(book.deliveries) != len(channelSamples)+1 || r.client.State().Connections != 1 {
				t.Errorf("%d deliveries over %d connections", len(book.deliveries), r.client.State().Connections)
			}
		})
	}
}

// struck is a fault of the simulator's, with its effect on our client.
type struck struct {
	fault string // its members besides kind and times
	step  channel.Step
	cause channel.Cause // of the connection that ends; empty: it stays
	code  string
	frame channel.Outcome // of the message; empty: it is accepted
	err   error
	twice bool // it is accepted twice and acted on once
}

func faultsAndWhatTheyDo() map[string]struck {
	refusal := func(reason notify.Reason) error { return &notify.Refusal{Reason: reason} }
	flaw := func(reason channel.Reason) error { return &channel.FrameError{Reason: reason} }
	return map[string]struck{
		alipaysim.ChannelRegisterHang:         {fault: `,"for":"1h"`, step: channel.StepRegister, cause: channel.CauseTimeout},
		alipaysim.ChannelRegisterFailure:      {fault: `,"sub_code":"isv.invalid-signature"`, step: channel.StepRegister, cause: channel.CauseRefused, code: "40004 isv.invalid-signature"},
		alipaysim.ChannelRegisterUnsigned:     {step: channel.StepRegister, cause: channel.CauseForged},
		alipaysim.ChannelRegisterBadSignature: {step: channel.StepRegister, cause: channel.CauseForged},
		alipaysim.ChannelHandshakeHang:        {fault: `,"for":"1h"`, step: channel.StepHandshake, cause: channel.CauseTimeout},
		alipaysim.ChannelNeverPong:            {step: channel.StepLink, cause: channel.CauseSilent},
		alipaysim.ChannelMute:                 {step: channel.StepLink, cause: channel.CauseIdle},
		alipaysim.ChannelClose:                {step: channel.StepLink, cause: channel.CauseClosed, code: "1001"},
		alipaysim.ChannelReset:                {step: channel.StepLink, cause: channel.CauseLost},
		alipaysim.ChannelHalfOpen:             {step: channel.StepLink, cause: channel.CauseSilent},
		alipaysim.ChannelOversized:            {fault: `,"size":10485760`, step: channel.StepLink, cause: channel.CauseTooLarge},
		alipaysim.ChannelBadSignature:         {frame: channel.OutcomeRefused, err: refusal(notify.ReasonBadSignature)},
		alipaysim.ChannelWrongKey:             {frame: channel.OutcomeRefused, err: refusal(notify.ReasonBadSignature)},
		alipaysim.ChannelOtherApp:             {frame: channel.OutcomeRefused, err: refusal(notify.ReasonUnknownApp)},
		alipaysim.ChannelForgedData:           {frame: channel.OutcomeDropped, err: flaw(channel.ReasonDuplicate)},
		alipaysim.ChannelBadJSON:              {frame: channel.OutcomeDropped, err: flaw(channel.ReasonJSON)},
		alipaysim.ChannelDuplicate:            {twice: true},
		alipaysim.ChannelLostAck:              {twice: true},
		alipaysim.ChannelReorder:              {fault: `,"for":"50ms"`},
	}
}

// TestEveryFaultIsSurvived checks that after every fault of the simulator the next connection
// follows, and that the message is acted on once.
func TestEveryFaultIsSurvived(t *testing.T) {
	table := faultsAndWhatTheyDo()
	for _, kind := range alipaysim.ChannelFaultKinds() {
		expected, known := table[kind]
		if !known {
			t.Errorf("the simulator has a fault %s that is not tried here", kind)
			continue
		}
		for name, how := range map[string]way{
			"keys, UTF-8": {charset: channel.UTF8}, "certificates, GBK": {charset: channel.GBK, certificates: true},
		} {
			t.Run(kind+", "+name, func(t *testing.T) {
				t.Parallel() // all of them wait, and few use the processor
				survives(t, kind, expected, how)
			})
		}
	}
}

func survives(t *testing.T, kind string, expected struck, how way) {
	alipaySide, kept := simulate(t, how), newSink()
	alipaySide.fault(`{"kind":"` + kind + `","times":1` + expected.fault + `}`)
	config := alipaySide.client(how)
	switch expected.cause { // a busy machine may be silent for a while, which only these are about
	case channel.CauseIdle:
		config.Idle = 600 * time.Millisecond
	case channel.CauseSilent, channel.CauseTimeout:
	default:
		config.Silence = time.Minute
		config.Timeouts = channel.Timeouts{Register: time.Minute, Handshake: time.Minute, Handle: time.Minute}
	}
	r := alipaySide.run(config, kept)
	if expected.step != channel.StepRegister && expected.step != channel.StepHandshake {
		r.outcome(channel.OutcomeConnected)
	}
	const content = `{"mini_app_id":"2021000000000009"}`
	sent := map[string]string{alipaySide.send("alipay.test", content, 1)[0]: sum("alipay.test", content)}

	if expected.cause != "" {
		e := r.endsAs(expected.step, expected.cause)
		var failed *channel.Error
		if !errors.As(e.Err, &failed) || failed.Code != expected.code {
			t.Errorf("ended with %v", e.Err)
		}
		r.outcome(channel.OutcomeConnected)
	}
	if expected.frame != "" {
		if e := r.outcome(expected.frame); !errors.Is(e.Err, expected.err) {
			t.Errorf("%s with %v, want %v", expected.frame, e.Err, expected.err)
		}
	}
	if expected.twice {
		r.outcome(channel.OutcomeAccepted)
		r.outcome(channel.OutcomeAccepted)
	}
	alipaySide.idle()
	r.end()
	if err := alipaySide.book(sent, r.client.State(), kept).check(); err != nil {
		t.Error(err)
	}
	if expected.twice && kept.duplicates != 1 {
		t.Errorf("%d duplicates", kept.duplicates)
	}
}

// TestMessagesThatWaitArrive is about messages that were sent while nobody was connected, and
// about those that overtake each other.
func TestMessagesThatWaitArrive(t *testing.T) {
	how := way{charset: channel.UTF8}
	alipaySide, kept := simulate(t, how), newSink()
	alipaySide.fault(`{"kind":"reorder","message":"alipay.first","for":"200ms"}`)
	first, second := alipaySide.send("alipay.first", `{}`, 1)[0], alipaySide.send("alipay.second", `{}`, 1)[0]
	config := alipaySide.client(how)
	config.Concurrency = 1 // of two that are handled at once either may be first
	r := alipaySide.run(config, kept)
	poll(t, "both are acted on", 30*time.Second, func() bool { return kept.has() == 2 })
	alipaySide.idle()
	r.end()
	book := alipaySide.book(map[string]string{first: sum("alipay.first", `{}`), second: sum("alipay.second", `{}`)}, r.client.State(), kept)
	if err := book.check(); err != nil {
		t.Error(err)
	}
	if len(kept.order) != 2 || kept.order[0] != second {
		t.Errorf("acted on in the order %q, and %q is the second", kept.order, second)
	}
}
