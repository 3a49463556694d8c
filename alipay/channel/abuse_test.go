package channel_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"miniflow/alipay/channel"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

// These tests are the rows X17 and X18 of the abuse that has to be refused. The cost of a
// refusal is counted in signature checks, the only expensive part.

// abusive is a frame that must not be trusted, with the cost that it may cause.
type abusive struct {
	frame   []byte
	outcome channel.Outcome
	err     error
	checks  int // number of signature checks
}

func abusiveFrames(t testing.TB) map[string]abusive {
	refusal := func(reason notify.Reason) error { return &notify.Refusal{Reason: reason} }
	flaw := func(reason channel.Reason) error { return &channel.FrameError{Reason: reason} }
	change := func(from, to string) []byte { return changed(t, from, to) }
	signedByUs := strings.Replace(protocolOf("7", genuine), sign(alipayKey(), []byte(genuine)), sign(appKey(), []byte(genuine)), 1)
	return map[string]abusive{
		"forged content":               {change(`2021000000000009`, `2021000000000666`), channel.OutcomeRefused, refusal(notify.ReasonBadSignature), 1},
		"forged receiver":              {change(appID, "2021000000000002"), channel.OutcomeRefused, refusal(notify.ReasonBadSignature), 1},
		"signed with our own key":      {frameOf(someHead, signedByUs, genuine), channel.OutcomeRefused, refusal(notify.ReasonBadSignature), 1},
		"a signature that is too long": {change(`"x-sign":"`, `"x-sign":"`+strings.Repeat("A", 64<<10)), channel.OutcomeRefused, refusal(notify.ReasonBadSignEncoding), 0},
		"no signature":                 {change(sign(alipayKey(), []byte(genuine)), ""), channel.OutcomeRefused, refusal(notify.ReasonMissingSign), 0},
		"another app's message":        {consume("7", strings.Replace(genuine, appID, "2021000000000002", 1)), channel.OutcomeRefused, refusal(notify.ReasonUnknownApp), 1},
		"wrong x-signType RSA":         {change(`"RSA2"`, `"RSA"`), channel.OutcomeRefused, refusal(notify.ReasonSignTypeNotAllowed), 0},
		"wrong x-signType none":        {change(`"RSA2"`, `"none"`), channel.OutcomeRefused, refusal(notify.ReasonSignTypeNotAllowed), 0},
		"no x-signType":                {change(`"x-signType":"RSA2",`, ""), channel.OutcomeRefused, refusal(notify.ReasonSignTypeNotAllowed), 0},
		"the same data twice":          {change(`"data":`, `"data":`+genuine+`,"data":`), channel.OutcomeDropped, flaw(channel.ReasonDuplicate), 0},
		"a second data after":          {change(`}}}`, `}},"data":`+forgedData+`}`), channel.OutcomeDropped, flaw(channel.ReasonDuplicate), 0},
		"a second data before":         {change(`"data":`, `"data":`+forgedData+`,"data":`), channel.OutcomeDropped, flaw(channel.ReasonDuplicate), 0},
		"a second data, escaped":       {change(`}}}`, `}},"dat\u0061":`+forgedData+`}`), channel.OutcomeDropped, flaw(channel.ReasonDuplicate), 0},
		"a second x-sign":              {change(`"x-sign":`, `"x-sign":"x","x-sign":`), channel.OutcomeDropped, flaw(channel.ReasonDuplicate), 0},
		"x-type notice":                {change(`"x-type":"message"`, `"x-type":"notice"`), channel.OutcomeRefused, flaw(channel.ReasonType), 0},
		"x-type notice, forged":        {bytes.Replace(change(`"message"`, `"notice"`), []byte("0009"), []byte("0666"), 1), channel.OutcomeRefused, flaw(channel.ReasonType), 0},
		"no x-type":                    {change(`"x-type":"message",`, ""), channel.OutcomeRefused, flaw(channel.ReasonType), 0},
		"data in another letter case":  {change(`"data":`, `"Data":`), channel.OutcomeRefused, flaw(channel.ReasonData), 0},
	}
}

// TestX17ForgedFrames checks that no forged frame reaches the handler, that each is answered
// FAIL or not at all and counted, and that none costs more than one signature check.
func TestX17ForgedFrames(t *testing.T) {
	for name, c := range abusiveFrames(t) {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := start(t)
				p := receive(t, r.server.links)
				r.outcome(channel.OutcomeConnected)
				p.text(c.frame)
				e := receive(t, r.events)
				if e.Outcome != c.outcome || !errors.Is(e.Err, c.err) {
					t.Fatalf("%s: %v, want %s, %v", e.Outcome, e.Err, c.outcome, c.err)
				}
				var refused *notify.Refusal
				if errors.As(e.Err, &refused) && refused.Verifications != c.checks {
					t.Errorf("%d signature checks, want %d", refused.Verifications, c.checks)
				}
				synctest.Wait()
				if want := c.outcome == channel.OutcomeRefused; (len(p.got) == 1) != want || want && p.status() != "FAIL" {
					t.Error("not answered as it should be")
				}
				state := r.client.State()
				if state.Accepted != 0 || state.Failed != 0 || state.Refused+state.Dropped != 1 || (state.Refused == 1) != (c.outcome == channel.OutcomeRefused) {
					t.Errorf("counted as %+v", state)
				}
				r.nobodyHandled()
			})
		})
	}
}

// TestX17AGenuineFrameCostsOneCheck shows that the numbers above mean something.
func TestX17AGenuineFrameCostsOneCheck(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t)
		receive(t, r.server.links).text(consume("7", genuine))
		if n := receive(t, r.handled); n.Verifications != 1 {
			t.Errorf("%d signature checks", n.Verifications)
		}
	})
}

// TestX18RegisterAnswers checks that a forged answer, or one with an injected link_token,
// opens no connection, and that no key is even looked up for an answer of the wrong shape.
func TestX18RegisterAnswers(t *testing.T) {
	signedToken := func(token string) string { return signedAnswer(`{"code":"10000","link_token":"` + token + `"}`) }
	for name, c := range map[string]struct {
		body  string
		cause channel.Cause
		keys  int64 // how often keys were requested
	}{
		"forged: nobody's signature":     {`{"response":` + granted + `,"sign":"` + sign(otherKey(), []byte(granted)) + `"}`, channel.CauseForged, 1},
		"forged: the application's own":  {`{"response":` + granted + `,"sign":"` + sign(appKey(), []byte(granted)) + `"}`, channel.CauseForged, 1},
		"forged: unsigned":               {`{"response":` + granted + `}`, channel.CauseForged, 1},
		"forged: an unknown certificate": {strings.TrimSuffix(signedAnswer(granted), "}") + `,"alipay_cert_sn":"aa"}`, channel.CauseForged, 1},
		"forged: certificate number":     {strings.TrimSuffix(signedAnswer(granted), "}") + `,"alipay_cert_sn":"/../"}`, channel.CauseMalformed, 0},
		"injected: swapped token":        {strings.Replace(signedAnswer(granted), "t0ken", "evil0", 1), channel.CauseForged, 1},
		"injected: a second response":    {strings.TrimSuffix(signedAnswer(granted), "}") + `,"response":{"code":"10000","link_token":"evil"}}`, channel.CauseMalformed, 0},
		"injected: a second token":       {signedAnswer(`{"code":"10000","link_token":"a","link_token":"evil"}`), channel.CauseMalformed, 0},
		"injected: beside response":      {strings.Replace(signedAnswer(`{"code":"10000"}`), `"sign"`, `"link_token":"evil","sign"`, 1), channel.CauseMalformed, 1},
		"injected: a header line":        {signedToken(`a HTTP/1.1\r\nHost: evil`), channel.CauseMalformed, 1},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var requested, asked atomic.Int64 // New compares it with our own key
				var first sync.Once
				r := start(t, func(s *server, config *channel.Config) {
					s.register = func(*http.Request) string {
						first.Do(func() { asked.Store(requested.Load()) })
						return answer200(c.body)
					}
					given := config.AlipayKey
					config.AlipayKey = func(certSN string) []keys.PublicKey { requested.Add(1); return given(certSN) }
				})
				r.endsAs(channel.StepRegister, c.cause)
				if got := requested.Load() - asked.Load(); got != c.keys {
					t.Errorf("keys were asked for %d times, want %d", got, c.keys)
				}
				r.endsAs(channel.StepRegister, c.cause)
				for len(r.server.requests) > 0 {
					if next := receive(t, r.server.requests); next.URL.Path != "/websocket/register.do" {
						t.Errorf("%s was asked for", next.URL.Path)
					}
				}
				r.nobodyHandled()
			})
		})
	}
}

// TestX18NoDowngrade checks that an attacker on the path can neither downgrade wss to ws nor
// present another certificate.
func TestX18NoDowngrade(t *testing.T) {
	redirected := func(to string) func(*server, *channel.Config) {
		return func(s *server, _ *channel.Config) {
			s.register, s.upgrade = redirect("http://"+to), redirect("ws://"+to)
		}
	}
	for name, c := range map[string]struct {
		change func(*server, *channel.Config)
		want   *channel.Error
	}{
		"register leads to http":  {redirected(host + "/websocket/register.do"), &channel.Error{Step: channel.StepRegister, Cause: channel.CauseRefused}},
		"handshake leads to ws":   {func(s *server, _ *channel.Config) { s.upgrade = redirect("ws://" + host + "/websocket") }, &channel.Error{Step: channel.StepHandshake, Cause: channel.CauseRefused}},
		"handshake without TLS":   {secondConnection(func(raw net.Conn) net.Conn { return raw }), &channel.Error{Step: channel.StepHandshake, Cause: channel.CauseUnreachable}},
		"handshake under TLS 1.1": {secondConnection(oldTLS), &channel.Error{Step: channel.StepHandshake, Cause: channel.CauseUnreachable}},
		"handshake as somebody":   {secondConnection(somebodyElse), &channel.Error{Step: channel.StepHandshake, Cause: channel.CauseUnreachable}},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, c.change, overTCP) // the attacker has to be there before the first connection
			if e := r.outcome(channel.OutcomeEnded); !errors.Is(e.Err, c.want) {
				t.Errorf("ended with %v, want %v", e.Err, c.want)
			}
			r.stop()
			if n := r.server.elsewhere.Load(); n != 0 || len(r.server.links) != 0 {
				t.Errorf("%d connections elsewhere, %d links", n, len(r.server.links))
			}
		})
	}
	for _, address := range []string{"http://openchannel.alipay.com", "ws://openchannel.alipay.com", "http://192.168.0.1"} {
		config := configOf(t, newServer(t))
		config.URL, config.AllowPlainHTTP = address, false
		if _, err := channel.New(config); err == nil {
			t.Errorf("%s was accepted", address)
		}
	}
}

// secondConnection passes the registration through and has somebody else answer the next
// connection.
func secondConnection(as func(net.Conn) net.Conn) func(*server, *channel.Config) {
	return func(s *server, _ *channel.Config) { s.between = as }
}

func oldTLS(raw net.Conn) net.Conn {
	return tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{certificate()}, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}) //nolint:gosec // to be refused
}

// somebodyElse has a certificate for the right name that no authority issued.
func somebodyElse(raw net.Conn) net.Conn {
	return tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{newCertificate()}, MinVersion: tls.VersionTLS12})
}
