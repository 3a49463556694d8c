package channel_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"miniflow/alipay"
	"miniflow/alipay/channel"
	"miniflow/alipay/notify"
)

// forgedData is a message that an attacker would like to inject.
const forgedData = `{"header":{"appId":"` + appID + `","msgApi":"alipay.open.auth.appauth.cancelled"},"content":{"auth_app_id":"evil"}}`

// badFrame is a frame that must not be accepted, and why.
type badFrame struct {
	frame []byte
	err   error
}

const someHead = "stream-id:s1\r\n"

// changed returns a genuine frame with one thing changed.
func changed(t testing.TB, from, to string) []byte {
	t.Helper()
	frame := string(consume("7", genuine))
	if !strings.Contains(frame, from) {
		t.Fatalf("%s is nowhere", from)
	}
	return []byte(strings.Replace(frame, from, to, 1))
}

// unproven returns frames that can be read, but are not Alipay's or not for us.
func unproven(t testing.TB) map[string]badFrame {
	change := func(from, to string) []byte { return changed(t, from, to) }
	refusal := func(reason notify.Reason) error { return &notify.Refusal{Reason: reason} }
	flaw := func(reason channel.Reason) error { return &channel.FrameError{Reason: reason} }
	head, protocol := someHead, protocolOf("7", genuine)
	return map[string]badFrame{
		"forged":                        {change("2021000000000009", "2021000000000666"), refusal(notify.ReasonBadSignature)},
		"another's signature":           {frameOf(head, strings.Replace(protocol, sign(alipayKey(), []byte(genuine)), sign(otherKey(), []byte(genuine)), 1), genuine), refusal(notify.ReasonBadSignature)},
		"a blank within what is signed": {change(`"content":`, `"content": `), refusal(notify.ReasonBadSignature)},
		"no signature":                  {change(sign(alipayKey(), []byte(genuine)), ""), refusal(notify.ReasonMissingSign)},
		"a signature that is no base64": {change(`"x-sign":"`, `"x-sign":"!`), refusal(notify.ReasonBadSignEncoding)},
		"x-signType SHA-1":              {change(`"RSA2"`, `"RSA"`), refusal(notify.ReasonSignTypeNotAllowed)},
		"x-signType nothing":            {change(`"RSA2"`, `null`), refusal(notify.ReasonSignTypeNotAllowed)},
		"x-signType in small letters":   {change(`"RSA2"`, `"rsa2"`), refusal(notify.ReasonSignTypeNotAllowed)},
		"for another app":               {consume("7", strings.Replace(genuine, appID, "2021000000000002", 1)), refusal(notify.ReasonUnknownApp)},
		"for no app":                    {consume("7", `{"header":{},"content":{}}`), refusal(notify.ReasonUnknownApp)},
		"x-type of another kind":        {change(`"x-type":"message"`, `"x-type":"notice"`), flaw(channel.ReasonType)},
		"no x-type":                     {change(`"x-type":"message",`, ""), flaw(channel.ReasonType)},
		"data a text":                   {frameOf(head, protocol, `"{}"`), flaw(channel.ReasonData)},
		"data a list":                   {frameOf(head, protocol, `[`+genuine+`]`), flaw(channel.ReasonData)},
		"no data":                       {[]byte(head + "\r\n" + `{"protocol":` + protocol + `}`), flaw(channel.ReasonData)},
	}
}

// unreadable returns frames that are ambiguous or damaged, or that leave nothing to answer.
func unreadable(t testing.TB) map[string]badFrame {
	change := func(from, to string) []byte { return changed(t, from, to) }
	flaw := func(reason channel.Reason) error { return &channel.FrameError{Reason: reason} }
	head, protocol := someHead, protocolOf("7", genuine)
	return map[string]badFrame{
		"a second data after the signed one":  {change(`}}}`, `}},"data":`+forgedData+`}`), flaw(channel.ReasonDuplicate)},
		"a second data before the signed one": {change(`"data":`, `"data":`+forgedData+`,"data":`), flaw(channel.ReasonDuplicate)},
		"a second data, escaped":              {change(`"data":`, `"d\u0061ta":`+forgedData+`,"data":`), flaw(channel.ReasonDuplicate)},
		"a second protocol":                   {change(`"data":`, `"protocol":{},"data":`), flaw(channel.ReasonDuplicate)},
		"a second x-type":                     {change(`"x-type":`, `"x-type":"other","x-type":`), flaw(channel.ReasonDuplicate)},
		"another command":                     {change(`CONSUME`, `PRODUCE_ACK`), flaw(channel.ReasonCommand)},
		"an ack":                              {change(`CONSUME`, `CONSUME_ACK`), flaw(channel.ReasonCommand)},
		"a number among the texts":            {change(`"1795280000000"`, `1795280000000`), flaw(channel.ReasonJSON)},
		"an id of a kilobyte":                 {consume(strings.Repeat("7", 1024), genuine), flaw(channel.ReasonHead)},
		"an id of a third":                    {frameOf(head, protocolOf(strings.Repeat("7", 333), genuine), genuine), flaw(channel.ReasonJSON)},
		"protocol a text":                     {frameOf(head, `"x"`, genuine), flaw(channel.ReasonJSON)},
		"no protocol":                         {[]byte(head + "\r\n" + `{"data":` + genuine + `}`), flaw(channel.ReasonJSON)},
		"bad JSON":                            {[]byte(head + "\r\n" + `{"protocol":` + protocol + `,"data":` + genuine), flaw(channel.ReasonJSON)},
		"bad JSON beside data":                {change(`"data":`, `"other":{]},"data":`), flaw(channel.ReasonJSON)},
		"bytes that are no UTF-8":             {change(`"x-version":"1.0"`, "\"x-version\":\"\xd6\xd0\""), flaw(channel.ReasonJSON)},
		"something behind":                    {append(consume("7", genuine), "{}"...), flaw(channel.ReasonJSON)},
		"not an object":                       {[]byte(head + "\r\n[]"), flaw(channel.ReasonJSON)},
		"nothing":                             {nil, flaw(channel.ReasonHead)},
		"no empty line":                       {[]byte(`{"protocol":` + protocol + `,"data":` + genuine + `}`), flaw(channel.ReasonHead)},
		"lines ended by LF":                   {[]byte("stream-id:s1\n\n{}"), flaw(channel.ReasonHead)},
		"a line within a line":                {change("stream-id:s-7", "stream-id:s-7\nx-cmd:evil"), flaw(channel.ReasonHead)},
		"a carriage return within a line":     {change("stream-id:s-7", "stream-id:s\r-7"), flaw(channel.ReasonHead)},
		"a line without a colon":              {change("stream-id:s-7", "stream-id"), flaw(channel.ReasonHead)},
		"an empty stream-id":                  {change("stream-id:s-7", "stream-id:"), flaw(channel.ReasonHead)},
		"two stream-ids":                      {change("stream-id:", "stream-id:s-6\r\nstream-id:"), flaw(channel.ReasonHead)},
		"a stream-id of a kilobyte":           {change("stream-id:", "stream-id:"+strings.Repeat("s", 1024)), flaw(channel.ReasonHead)},
		"header lines of five kilobytes":      {change("stream-id:", "x:"+strings.Repeat("s", 5<<10)+"\r\nstream-id:"), flaw(channel.ReasonHead)},
	}
}

// TestFramesThatAreNotTaken checks that none of them reaches the handler, that each is
// counted, and that the connection stays open. Those that can be answered are answered FAIL.
func TestFramesThatAreNotTaken(t *testing.T) {
	for name, c := range unproven(t) {
		t.Run(name, func(t *testing.T) { bubble(t, func(t *testing.T) { isNotTaken(t, c, channel.OutcomeRefused) }) })
	}
	for name, c := range unreadable(t) {
		t.Run(name, func(t *testing.T) { bubble(t, func(t *testing.T) { isNotTaken(t, c, channel.OutcomeDropped) }) })
	}
}

func isNotTaken(t *testing.T, c badFrame, want channel.Outcome) {
	r := start(t)
	p := receive(t, r.server.links)
	r.outcome(channel.OutcomeConnected)
	p.text(c.frame)
	if e := receive(t, r.events); e.Outcome != want || !errors.Is(e.Err, c.err) {
		t.Fatalf("%s: %v, want %s, %v", e.Outcome, e.Err, want, c.err)
	}
	if state := r.client.State(); state.Refused+state.Dropped != 1 || state.Accepted != 0 {
		t.Errorf("counted as %+v", state)
	}
	if want == channel.OutcomeRefused {
		if status := p.status(); status != "FAIL" {
			t.Errorf("answered %s", status)
		}
	}
	synctest.Wait()
	if len(p.got) != 0 {
		t.Errorf("answered %q", (<-p.got).payload)
	}
	r.nobodyHandled()

	p.text(consume("8", genuine)) // the connection stays open
	if status := p.status(); status != "SUCCESS" {
		t.Errorf("the next message is answered %s", status)
	}
}

func TestBinaryFramesAreDropped(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t)
		p := receive(t, r.server.links)
		p.send(frameBytes(true, opBinary, consume("7", genuine)))
		if e := r.outcome(channel.OutcomeDropped); !errors.Is(e.Err, &channel.FrameError{Reason: channel.ReasonBinary}) {
			t.Errorf("dropped with %v", e.Err)
		}
		synctest.Wait()
		if len(p.got) != 0 {
			t.Error("it was answered")
		}
		r.nobodyHandled()
	})
}

// TestOddTextArrives sends raw line breaks and bytes that fit no charset, as auditors write
// them; the message arrives with its repairs.
func TestOddTextArrives(t *testing.T) {
	for _, in := range channel.Charsets() {
		t.Run(string(in), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := start(t, func(_ *server, c *channel.Config) { c.Charset = in })
				p := receive(t, r.server.links)
				p.text(consume("7", `{"header":{"appId":"`+appID+`","msgApi":"x"},"content":{"reason":"1.`+"\r\n2.\xff\xaa\xa1"+`"}}`))
				n := receive(t, r.handled)
				if want := `{"reason":"1.\r\n2.`; n.ContentError != nil || !strings.HasPrefix(string(n.Content), want) || len(n.Repairs) != 2 {
					t.Errorf("content %q, repaired %v (%v)", n.Content, n.Repairs, n.ContentError)
				}
				if status := p.status(); status != "SUCCESS" {
					t.Errorf("answered %s", status)
				}
			})
		})
	}
}

// TestSignedButUnreadable checks that such messages reach the handler with ContentError,
// because Alipay would send the same bytes again, and never with content.
func TestSignedButUnreadable(t *testing.T) {
	header := `{"header":{"appId":"` + appID + `","msgApi":"x"},`
	for data, problem := range map[string]alipay.ContentProblem{
		header + `"content":[1]}`:                                                                 alipay.ContentJSON,
		header + `"content":{"a":1},"content":{"a":2}}`:                                           alipay.ContentDuplicate,
		header + "\"content\":{\"\xd6\xd0\":\"a\"}}":                                              alipay.ContentCharset,
		header + `"content":` + strings.Repeat(`{"a":`, 20000) + `1` + strings.Repeat(`}`, 20001): alipay.ContentDepth,
	} {
		t.Run(string(problem), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := start(t)
				p := receive(t, r.server.links)
				p.text(consume("7", data))
				n := receive(t, r.handled)
				var unreadable *notify.ContentError
				if !errors.As(n.ContentError, &unreadable) || unreadable.Problem != problem || n.Content != nil {
					t.Errorf("content %.80s, %v", n.Content, n.ContentError)
				}
				if status := p.status(); status != "SUCCESS" {
					t.Errorf("answered %s", status)
				}
			})
		})
	}
}

// TestTrust changes Alipay's keys while the connection stays.
func TestTrust(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t)
		p := receive(t, r.server.links)
		for _, step := range []struct {
			verifier *notify.Verifier
			want     string
		}{
			{verifierOf(t, otherKey(), alipayKey()), "SUCCESS"},
			{verifierOf(t, otherKey()), "FAIL"},
			{verifierOf(t, alipayKey()), "SUCCESS"},
		} {
			r.client.Trust(step.verifier)
			p.text(consume("7", genuine))
			if status := p.status(); status != step.want {
				t.Errorf("answered %s, want %s", status, step.want)
			}
		}
	})
}
