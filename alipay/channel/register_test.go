package channel_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"miniflow/alipay/channel"
	"miniflow/alipay/keys"
)

const granted = `{"code":"10000","msg":"Success","link_token":"t0ken"}`

// registerAnswer is the body of an answer and its expected result.
type registerAnswer struct {
	body  string
	cause channel.Cause // empty: it opens a connection
}

func registerAnswers() map[string]registerAnswer {
	token := func(token string) string { return `{"code":"10000","link_token":"` + token + `"}` }
	genuineSign := sign(alipayKey(), []byte(granted))
	return map[string]registerAnswer{
		"success":                           {signedAnswer(granted), ""},
		"the other success":                 {signedAnswer(`{"code":"100000000","link_token":"t0ken"}`), ""},
		"pretty-printed":                    {" {\n\"response\" :\n" + strings.Replace(signedAnswer("{\n \"code\" : \"10000\",\n \"link_token\":\"t\" }"), `{"response":`, "", 1), ""},
		"sign before response":              {`{"sign":"` + genuineSign + `","response":` + granted + `}`, ""},
		"a brace in a text":                 {signedAnswer(`{"code":"10000","msg":"}{\"","link_token":"t"}`), ""},
		"signed by nobody":                  {`{"response":` + granted + `}`, channel.CauseForged},
		"sign empty":                        {`{"response":` + granted + `,"sign":""}`, channel.CauseForged},
		"sign null":                         {`{"response":` + granted + `,"sign":null}`, channel.CauseForged},
		"signed by another":                 {`{"response":` + granted + `,"sign":"` + sign(otherKey(), []byte(granted)) + `"}`, channel.CauseForged},
		"signed by the application":         {`{"response":` + granted + `,"sign":"` + sign(appKey(), []byte(granted)) + `"}`, channel.CauseForged},
		"another token than was signed":     {strings.Replace(signedAnswer(granted), "t0ken", "token", 1), channel.CauseForged},
		"one blank more than was signed":    {strings.Replace(signedAnswer(granted), `"code":`, `"code": `, 1), channel.CauseForged},
		"an unknown certificate":            {strings.TrimSuffix(signedAnswer(granted), "}") + `,"alipay_cert_sn":"7513daaaa48aa3ba2e4018d84402479c"}`, channel.CauseForged},
		"no certificate number":             {strings.TrimSuffix(signedAnswer(granted), "}") + `,"alipay_cert_sn":"../x"}`, channel.CauseMalformed},
		"certificate number no text":        {strings.TrimSuffix(signedAnswer(granted), "}") + `,"alipay_cert_sn":1}`, channel.CauseMalformed},
		"sign no text":                      {`{"response":` + granted + `,"sign":1}`, channel.CauseMalformed},
		"two responses":                     {`{"response":` + token("evil") + `,"response":` + granted + `,"sign":"` + genuineSign + `"}`, channel.CauseMalformed},
		"two, one escaped":                  {`{"response":` + granted + `,"respons\u0065":` + token("evil") + `,"sign":"` + genuineSign + `"}`, channel.CauseMalformed},
		"two tokens":                        {signedAnswer(`{"code":"10000","link_token":"a","link_token":"b"}`), channel.CauseMalformed},
		"two codes":                         {signedAnswer(`{"code":"40002","code":"10000","link_token":"b"}`), channel.CauseMalformed},
		"code a number":                     {signedAnswer(`{"code":10000,"link_token":"b"}`), channel.CauseMalformed},
		"no token":                          {signedAnswer(`{"code":"10000"}`), channel.CauseMalformed},
		"an empty token":                    {signedAnswer(token("")), channel.CauseMalformed},
		"a token with a line break":         {signedAnswer(token(`a\r\nHost: evil`)), channel.CauseMalformed},
		"a token with a zero":               {signedAnswer(token(`a\u0000`)), channel.CauseMalformed},
		"a token with half a character":     {signedAnswer(token(`a\ud83d`)), channel.CauseMalformed},
		"a token of a kilobyte":             {signedAnswer(token(strings.Repeat("a", 1024))), channel.CauseMalformed},
		"a failure, unsigned":               {`{"response":{"code":"40002","msg":"Invalid Arguments","sub_code":"isv.invalid-signature"}}`, channel.CauseRefused},
		"a failure with a token":            {signedAnswer(`{"code":"20000","link_token":"t"}`), channel.CauseRefused},
		"success with a blank":              {signedAnswer(`{"code":"10000 ","link_token":"t"}`), channel.CauseRefused},
		"no code":                           {signedAnswer(`{"link_token":"t"}`), channel.CauseRefused},
		"response a text":                   {signedAnswer(`"{}"`), channel.CauseMalformed},
		"no response":                       {`{"sign":"` + genuineSign + `"}`, channel.CauseMalformed},
		"nothing":                           {"", channel.CauseMalformed},
		"a page":                            {"<html>please log in</html>", channel.CauseMalformed},
		"cut off":                           {signedAnswer(granted)[:60], channel.CauseMalformed},
		"something behind":                  {signedAnswer(granted) + "x", channel.CauseMalformed},
		"more than any answer":              {signedAnswer(granted) + strings.Repeat(" ", 64<<10), channel.CauseMalformed},
		"a thousand members, none of which": {`{` + strings.Repeat(`"":1,`, 1000) + `"response":{}}`, channel.CauseMalformed},
	}
}

// TestRegisterAnswers checks which answers open a connection. A refused answer leads to no
// handshake, whatever token it contains.
func TestRegisterAnswers(t *testing.T) {
	for name, c := range registerAnswers() {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := start(t, func(s *server, _ *channel.Config) {
					s.register = func(*http.Request) string { return answer200(c.body) }
				})
				if c.cause == "" {
					r.outcome(channel.OutcomeConnected)
					return
				}
				r.endsAs(channel.StepRegister, c.cause)
				for range 2 {
					if next := receive(t, r.server.requests); next.URL.Path == "/websocket" {
						t.Error("a connection was asked for all the same")
					}
				}
			})
		})
	}
}

// TestALinkTokenIsAnyPrintableText checks that every readable token is sent back unchanged in
// its parameter of the address, because Alipay publishes no alphabet of tokens.
func TestALinkTokenIsAnyPrintableText(t *testing.T) {
	for _, in := range channel.Charsets() {
		for _, token := range []string{"8b1c0f0e5a", "a+b/c==", "a b", "a.b~c:d", "a&app_id=2021000000000002", "a@evil.example/", "a#", "a%26sign=x",
			"a?b;c", "../x", `a\b"c`, "令牌", "{}", strings.Repeat("a", 512)} {
			t.Run(string(in)+" "+token, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					r := start(t, func(s *server, c *channel.Config) {
						c.Charset = in
						s.register = func(*http.Request) string { return answer200(s.grant(inCharset(t, in, quoted(t, token)))) }
					})
					handshake := r.server.next("/websocket")
					if got := signedQuery(t, handshake).Get("link_token"); got != inCharset(t, in, token) {
						t.Errorf("sent %q", got)
					}
					if handshake.Host != host || handshake.URL.Path != "/websocket" {
						t.Errorf("asked %s for %s", handshake.Host, handshake.URL)
					}
					r.outcome(channel.OutcomeConnected)
				})
			})
		}
	}
}

// quoted returns a text in JSON, without its quotation marks.
func quoted(t *testing.T, text string) string {
	t.Helper()
	written, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Trim(string(written), `"`)
}

func inCharset(t *testing.T, in channel.Charset, text string) string {
	t.Helper()
	if in != channel.GBK {
		return text
	}
	written, err := simplifiedchinese.GBK.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return written
}

// TestAFailureIsNamed checks that errors contain the codes, which help a person, but not the
// texts, which may not be Alipay's.
func TestAFailureIsNamed(t *testing.T) {
	for subCode, want := range map[string]string{
		"isv.invalid-signature":       "40002 isv.invalid-signature",
		"\\u001b[31m call +1 555":     "40002",
		strings.Repeat("isv.", 20):    "40002",
		"isv.invalid-signature 555":   "40002",
		"isv.invalid-signature\\n555": "40002",
	} {
		t.Run(subCode, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := start(t, func(s *server, _ *channel.Config) {
					s.register = func(*http.Request) string {
						return answer200(`{"response":{"code":"40002","msg":"555","sub_code":"` + subCode + `","sub_msg":"555\u001b[31m"}}`)
					}
				})
				e := r.outcome(channel.OutcomeEnded)
				var failed *channel.Error
				if !errors.As(e.Err, &failed) || failed.Code != want {
					t.Errorf("%+v", e.Err)
				}
				if text := e.Err.Error(); !strings.Contains(text, "private key") || strings.Contains(text, "555") || strings.Contains(text, "\x1b") {
					t.Error(text)
				}
			})
		})
	}
}

// TestNoWayFromTLS checks that redirects are not followed, so that only the configured
// address is called, and never without TLS.
func TestNoWayFromTLS(t *testing.T) {
	for name, change := range map[string]func(*server){
		"register answers with another address":  func(s *server) { s.register = redirect("http://" + host + "/websocket/register.do") },
		"handshake answers with another address": func(s *server) { s.upgrade = redirect("ws://" + host + "/websocket") },
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, overTCP, func(s *server, _ *channel.Config) { change(s) })
			e := r.outcome(channel.OutcomeEnded)
			var failed *channel.Error
			if !errors.As(e.Err, &failed) || failed.Cause != channel.CauseRefused || failed.Status != http.StatusFound {
				t.Errorf("ended with %v", e.Err)
			}
			r.outcome(channel.OutcomeEnded)
			if n := r.server.elsewhere.Load(); n != 0 {
				t.Errorf("%d connections to an address that is not the configured one", n)
			}
		})
	}
}

func redirect(to string) func(*http.Request) string {
	return func(*http.Request) string {
		return "HTTP/1.1 302 Found\r\nLocation: " + to + "\r\nContent-Length: 0\r\n\r\n"
	}
}

func TestHandshakeAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(*http.Request) string
		cause  channel.Cause
	}{
		"forbidden": {func(*http.Request) string { return "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n" }, channel.CauseRefused},
		"a page":    {func(*http.Request) string { return answer200("<html>") }, channel.CauseRefused},
		"not HTTP":  {func(*http.Request) string { return "SSH-2.0-x\r\n" }, channel.CauseUnreachable},
		"a subprotocol nobody asked for": {func(r *http.Request) string {
			return switching(r, "Sec-WebSocket-Protocol: chat")
		}, channel.CauseMalformed},
		"compression nobody asked for": {func(r *http.Request) string {
			return switching(r, "Sec-WebSocket-Extensions: permessage-deflate")
		}, channel.CauseMalformed},
		"a wrong Sec-WebSocket-Accept": {func(r *http.Request) string {
			return strings.Replace(switching(r), "Accept: ", "Accept: x", 1)
		}, channel.CauseMalformed},
		"another upgrade": {func(r *http.Request) string {
			return strings.Replace(switching(r), "websocket", "h2c", 1)
		}, channel.CauseMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := start(t, func(s *server, _ *channel.Config) { s.upgrade = c.answer })
				if e := r.outcome(channel.OutcomeEnded); !errors.Is(e.Err, &channel.Error{Step: channel.StepHandshake, Cause: c.cause}) {
					t.Errorf("ended with %v, want %s", e.Err, c.cause)
				}
			})
		})
	}
}

func TestTheZoneIsOneWord(t *testing.T) {
	for cookie, want := range map[string]string{
		"Set-Cookie: zone=GZ00B; Path=/; HttpOnly":    "zone=GZ00B;",
		"set-cookie: a=b\r\nSET-COOKIE: zone=R_1.2":   "zone=R_1.2;",
		"Set-Cookie: zone=a b":                        "",
		`Set-Cookie: zone="a,b"`:                      "",
		"Set-Cookie: zone=" + strings.Repeat("z", 65): "",
		"Set-Cookie: zone=":                           "",
		"X-None: 1":                                   "",
	} {
		t.Run(cookie, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := start(t, func(s *server, _ *channel.Config) {
					s.register = func(*http.Request) string { return answer200(s.grant("t"), cookie) }
				})
				if got := r.server.next("/websocket").Header.Get("Cookie"); got != want {
					t.Errorf("sent %q, want %q", got, want)
				}
			})
		})
	}
}

// TestEveryConnectionHasAFreshToken checks that token and nonce are used for one connection
// only.
func TestEveryConnectionHasAFreshToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t)
		seen := make(map[string]bool)
		for range 3 {
			p := receive(t, r.server.links)
			wait(t, 5*time.Second)
			_ = p.conn.Close()
			seen[signedQuery(t, r.server.next("/websocket/register.do")).Get("nonce")] = true
			seen[signedQuery(t, r.server.next("/websocket")).Get("link_token")] = true
		}
		if len(seen) != 6 {
			t.Errorf("nonces and tokens: %v", seen)
		}
	})
}

// TestKeysOfTheAnswerRotate checks that two keys are valid during a rotation.
func TestKeysOfTheAnswerRotate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, func(_ *server, c *channel.Config) {
			c.AlipayKey = func(string) []keys.PublicKey {
				return []keys.PublicKey{&otherKey().PublicKey, &alipayKey().PublicKey}
			}
		})
		r.outcome(channel.OutcomeConnected)
	})
}
