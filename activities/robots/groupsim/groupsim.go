// Package groupsim plays the groups of 钉钉, 企业微信 and 飞书 to a robot's sender, for tests. It is written
// from what the three document of their custom robots, a second time, and shares no code with the
// sender: a misreading would have to be made twice to hide.
package groupsim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Message is what a group has got.
type Message struct {
	Title string
	// Text is what is shown, with its mark-up where the kind has any.
	Text string
	// Mentions are the ids of whom it names; "all" is everybody.
	Mentions []string
	// Links are the addresses that it leads to, where the kind keeps them apart from the text.
	Links []string
}

// Group is one group with one robot.
type Group struct {
	// Kind is dingtalk, wecom or feishu; Token is what the address has, and Secret what signs; empty is a
	// robot without.
	Kind, Token, Secret string
	Now                 func() time.Time
	// PerMinute is how many messages it takes; 0 is 20.
	PerMinute int

	mu       sync.Mutex
	messages []Message
	posts    int
	taken    []time.Time
	failing  int
	losing   int
	refusals []string
}

// Fail makes the next posts fail with a 502, as where the group's provider is down.
func (g *Group) Fail(posts int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failing = posts
}

// Lose makes the answers to the next posts break off after the message was taken.
func (g *Group) Lose(posts int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.losing = posts
}

// Messages are what the group has got, Posts how often it was asked, and Refusals why it took nothing.
func (g *Group) Messages() []Message {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]Message(nil), g.messages...)
}

// Posts counts what came, taken or not.
func (g *Group) Posts() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.posts
}

// Refusals are the reasons for what was not taken.
func (g *Group) Refusals() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.refusals...)
}

// Path is where the robot's address leads, with its query.
func (g *Group) Path() string {
	switch g.Kind {
	case "dingtalk":
		return "/robot/send?access_token=" + g.Token
	case "wecom":
		return "/cgi-bin/webhook/send?key=" + g.Token
	default:
		return "/open-apis/bot/v2/hook/" + g.Token
	}
}

// refusal is a code and why.
type refusal struct {
	code int
	why  string
}

const mostBody = 20 << 10

// ServeHTTP takes a post, or refuses it as the kind does: with 200 and a code.
func (g *Group) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.posts++
	if g.failing > 0 {
		g.failing--
		http.Error(w, "bad gateway", http.StatusBadGateway)
		return
	}
	body, err := io.ReadAll(r.Body)
	message, refused := Message{}, &refusal{-1, "the body did not arrive"}
	if err == nil {
		message, refused = g.judge(r, body)
	}
	if refused == nil {
		g.taken, g.messages = append(g.taken, g.Now()), append(g.messages, message)
		if g.losing > 0 {
			g.losing--
			panic(http.ErrAbortHandler)
		}
	} else {
		g.refusals = append(g.refusals, refused.why)
	}
	g.answer(w, refused)
}

func (g *Group) answer(w http.ResponseWriter, refused *refusal) {
	code, text := 0, "ok"
	if refused != nil {
		code, text = refused.code, refused.why
	}
	said := map[string]any{"errcode": code, "errmsg": text}
	if g.Kind == "feishu" {
		if said = map[string]any{"code": code, "msg": text, "data": map[string]any{}}; code == 0 {
			said["StatusCode"], said["StatusMessage"] = 0, "success"
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(said)
}

func (g *Group) judge(r *http.Request, body []byte) (Message, *refusal) {
	if r.Method != http.MethodPost || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return Message{}, &refusal{9499, "a message is posted as JSON"}
	}
	if len(body) > mostBody {
		return Message{}, &refusal{9499, "the message is too long"}
	}
	if g.crowded() {
		return Message{}, &refusal{map[string]int{"dingtalk": 130101, "wecom": 45009, "feishu": 11232}[g.Kind], "too many messages"}
	}
	switch g.Kind {
	case "dingtalk":
		return g.dingTalk(r, body)
	case "wecom":
		return g.weCom(r, body)
	default:
		return g.feishu(r, body)
	}
}

// crowded reports whether the last minute was full.
func (g *Group) crowded() bool {
	most, recent := g.PerMinute, 0
	if most == 0 {
		most = 20
	}
	for _, at := range g.taken {
		if g.Now().Sub(at) < time.Minute {
			recent++
		}
	}
	return recent >= most
}

// strictly reads JSON and refuses members that nobody documents.
func strictly(body []byte, into any) bool {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into) == nil
}
