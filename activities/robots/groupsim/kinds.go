package groupsim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// stale is how far a signature's time may be from that of the receiver.
const stale = time.Hour

// signed is the base64 of the HMAC-SHA256 of a text.
func signed(key, text []byte) string {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write(text)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (g *Group) fresh(at time.Time) bool { return g.Now().Sub(at).Abs() < stale }

// dingTalk: timestamp (milliseconds) and sign are in the address; the key is the secret, the text the
// timestamp, a line feed and the secret.
func (g *Group) dingTalk(r *http.Request, body []byte) (Message, *refusal) {
	query := r.URL.Query()
	if r.URL.Path != "/robot/send" || query.Get("access_token") != g.Token {
		return Message{}, &refusal{300001, "token is not exist"}
	}
	if g.Secret != "" {
		millis, err := strconv.ParseInt(query.Get("timestamp"), 10, 64)
		if err != nil || !g.fresh(time.UnixMilli(millis)) {
			return Message{}, &refusal{310000, "invalid timestamp"}
		}
		if signed([]byte(g.Secret), []byte(query.Get("timestamp")+"\n"+g.Secret)) != query.Get("sign") {
			return Message{}, &refusal{310000, "sign not match"}
		}
	}
	var posted struct {
		MsgType  string `json:"msgtype"`
		Markdown struct {
			Title string `json:"title"`
			Text  string `json:"text"`
		} `json:"markdown"`
		At struct {
			IsAtAll   bool     `json:"isAtAll"`
			AtUserIDs []string `json:"atUserIds"`
		} `json:"at"`
	}
	if !strictly(body, &posted) || posted.MsgType != "markdown" || posted.Markdown.Title == "" || posted.Markdown.Text == "" {
		return Message{}, &refusal{400101, "the message has another form"}
	}
	message := Message{Title: posted.Markdown.Title, Text: posted.Markdown.Text}
	for _, id := range posted.At.AtUserIDs {
		if strings.Contains(message.Text, "@"+id) { // shown and called only where the text names it too
			message.Mentions = append(message.Mentions, id)
		}
	}
	if posted.At.IsAtAll {
		message.Mentions = append(message.Mentions, "all")
	}
	return message, nil
}

var atUser = regexp.MustCompile(`<@([^<>]+)>`)

// weCom: the key is in the address, and nothing is signed. The text has 4096 bytes at most.
func (g *Group) weCom(r *http.Request, body []byte) (Message, *refusal) {
	if r.URL.Path != "/cgi-bin/webhook/send" || r.URL.Query().Get("key") != g.Token {
		return Message{}, &refusal{93000, "invalid webhook url"}
	}
	var posted struct {
		MsgType  string `json:"msgtype"`
		Markdown struct {
			Content string `json:"content"`
		} `json:"markdown"`
	}
	if !strictly(body, &posted) || posted.MsgType != "markdown" || posted.Markdown.Content == "" || !utf8.ValidString(posted.Markdown.Content) {
		return Message{}, &refusal{40008, "invalid message type"}
	}
	if len(posted.Markdown.Content) > 4096 {
		return Message{}, &refusal{40058, "markdown.content exceed max length 4096"}
	}
	title, _, _ := strings.Cut(strings.TrimLeft(posted.Markdown.Content, "# "), "\n")
	message := Message{Title: title, Text: posted.Markdown.Content}
	for _, found := range atUser.FindAllStringSubmatch(message.Text, -1) {
		message.Mentions = append(message.Mentions, found[1])
	}
	return message, nil
}

// part is a piece of a line of a post.
type part struct {
	Tag    string `json:"tag"`
	Text   string `json:"text"`
	Href   string `json:"href"`
	UserID string `json:"user_id"`
}

// feishu: timestamp (seconds) and sign are in the body; the key is the timestamp, a line feed and the
// secret, and the text is empty.
func (g *Group) feishu(r *http.Request, body []byte) (Message, *refusal) {
	if r.URL.Path != "/open-apis/bot/v2/hook/"+g.Token {
		return Message{}, &refusal{19001, "incoming webhook access token invalid"}
	}
	var posted struct {
		Timestamp string `json:"timestamp"`
		Sign      string `json:"sign"`
		MsgType   string `json:"msg_type"`
		Content   struct {
			Post map[string]struct {
				Title   string   `json:"title"`
				Content [][]part `json:"content"`
			} `json:"post"`
		} `json:"content"`
	}
	if !strictly(body, &posted) || posted.MsgType != "post" || len(posted.Content.Post) != 1 {
		return Message{}, &refusal{9499, "Bad Request"}
	}
	if g.Secret != "" {
		seconds, err := strconv.ParseInt(posted.Timestamp, 10, 64)
		if err != nil || !g.fresh(time.Unix(seconds, 0)) || signed([]byte(posted.Timestamp+"\n"+g.Secret), nil) != posted.Sign {
			return Message{}, &refusal{19021, "sign match fail or timestamp is not within one hour from current time"}
		}
	}
	for _, one := range posted.Content.Post {
		return shown(one.Title, one.Content)
	}
	return Message{}, nil // there is one, see above
}

// shown is a post as the group shows it.
func shown(title string, lines [][]part) (Message, *refusal) {
	message := Message{Title: title}
	for _, line := range lines {
		for _, p := range line {
			switch p.Tag {
			case "text":
				message.Text += p.Text
			case "a":
				message.Text, message.Links = message.Text+p.Text, append(message.Links, p.Href)
			case "at":
				message.Mentions = append(message.Mentions, p.UserID)
			default:
				return Message{}, &refusal{9499, "unknown tag " + p.Tag}
			}
		}
		message.Text += "\n"
	}
	return message, nil
}
