package robots

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"miniflow/activities/backend"
)

// errAddress repeats no address.
var errAddress = errors.New("the robot's url can't be used: copy it anew from the group's settings")

// sign is what both who sign have in common: HMAC-SHA256 in base64.
func sign(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text)) // never fails
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

type dingTalk struct{}

// compose signs in the address: the secret is the key, and the text is the time in milliseconds and the
// secret.
func (dingTalk) compose(robot Robot, m message, now time.Time) (string, any, error) {
	address, err := url.Parse(robot.URL)
	if err != nil {
		return "", nil, errAddress
	}
	if robot.Secret != "" {
		timestamp := strconv.FormatInt(now.UnixMilli(), 10)
		query := address.Query()
		query.Set("timestamp", timestamp)
		query.Set("sign", sign(robot.Secret, timestamp+"\n"+robot.Secret))
		address.RawQuery = query.Encode()
	}
	all := slices.Contains(m.mention, mentionAll)
	people := slices.DeleteFunc(slices.Clone(m.mention), func(id string) bool { return id == mentionAll })
	return address.String(), map[string]any{
		"msgtype":  "markdown",
		"markdown": map[string]string{"title": m.title, "text": m.markdown("\n- ", func(id string) string { return "@" + id })},
		"at":       map[string]any{"isAtAll": all, "atUserIds": people},
	}, nil
}

func (dingTalk) judge(answer backend.Answer) verdict {
	v := answered(answer, "errcode")
	switch v.code {
	case 130101, 90030:
		v.busy, v.again = true, true
	case -1: // its system is busy
		v.again = true
	case 310000:
		v.advice = "its security settings refuse the message: compare the secret, the keywords and the addresses there with the configuration, and the clock of this machine"
	case 300001, 300005, 40035, 400101, 400102:
		v.advice = "its address is not, or no longer, a robot's: copy it anew from the group's settings"
	}
	return v
}

type weCom struct{}

// mostWeCom is the longest text of 企业微信, in bytes.
const mostWeCom = 4096

// compose signs nothing, and shortens the message until it fits: first what is said of each item, then
// how many are named.
func (weCom) compose(robot Robot, m message, _ time.Time) (string, any, error) {
	if _, err := url.Parse(robot.URL); err != nil {
		return "", nil, errAddress
	}
	at := func(id string) string { return "<@" + id + ">" }
	text := m.markdown("\n> ", at)
	if len(text) > mostWeCom {
		m = m.briefly()
		text = m.markdown("\n> ", at)
	}
	for len(text) > mostWeCom && len(m.items) > 0 {
		m = m.shorter()
		text = m.markdown("\n> ", at)
	}
	return robot.URL, map[string]any{"msgtype": "markdown", "markdown": map[string]string{"content": text}}, nil
}

func (weCom) judge(answer backend.Answer) verdict {
	v := answered(answer, "errcode")
	switch v.code {
	case 45009, 45033:
		v.busy, v.again = true, true
	case -1:
		v.again = true
	case 93000, 93008:
		v.advice = "its address is not, or no longer, a robot's: copy it anew from the group's settings"
	}
	return v
}

type feishu struct{}

// compose signs in the body: the time in seconds and the secret are the key, and the text is empty. A
// post has no mark-up, so nothing has to be escaped.
func (feishu) compose(robot Robot, m message, now time.Time) (string, any, error) {
	if _, err := url.Parse(robot.URL); err != nil {
		return "", nil, errAddress
	}
	body := map[string]any{
		"msg_type": "post",
		"content":  map[string]any{"post": map[string]any{"zh_cn": map[string]any{"title": m.title, "content": m.paragraphs()}}},
	}
	if robot.Secret != "" {
		timestamp := strconv.FormatInt(now.Unix(), 10)
		body["timestamp"], body["sign"] = timestamp, sign(timestamp+"\n"+robot.Secret, "")
	}
	return robot.URL, body, nil
}

func (feishu) judge(answer backend.Answer) verdict {
	v := answered(answer, "code", "StatusCode")
	switch v.code {
	case 11232, 99991400:
		v.busy, v.again = true, true
	case 19021, 19022, 19024:
		v.advice = "its security settings refuse the message: compare the secret, the keywords and the addresses there with the configuration, and the clock of this machine"
	case 19001, 9499:
		v.advice = "its address is not, or no longer, a robot's: copy it anew from the group's settings"
	}
	return v
}

// answered reads the code of an answer from the first of the members that it has.
func answered(answer backend.Answer, members ...string) verdict {
	if answer.Status == 0 || answer.Status == http.StatusTooManyRequests || answer.Status >= http.StatusInternalServerError {
		return verdict{again: true, busy: answer.Status == http.StatusTooManyRequests}
	}
	var said map[string]any
	if json.Unmarshal(answer.Body, &said) == nil {
		for _, member := range members {
			if code, is := said[member].(float64); is {
				return verdict{taken: answer.OK() && code == 0, code: int(code)}
			}
		}
	}
	return verdict{}
}

// text says what came of a post that was not taken. It repeats nothing that the robot has said: who
// answers at a wrong address can say anything.
func (v verdict) text(answer backend.Answer) string {
	switch {
	case v.advice != "":
		return fmt.Sprintf("the robot answered %d: %s", v.code, v.advice)
	case v.busy:
		return "the robot takes no more messages for now"
	case v.code != 0:
		return fmt.Sprintf("the robot answered %d", v.code)
	case answer.OK():
		return "what answered is no robot of this kind: compare kind and url in the configuration"
	}
	return answer.Text
}
