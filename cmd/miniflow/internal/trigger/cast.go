package trigger

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"miniflow/cmd/internal/command"
)

// cast is who and what the messages are about. The same cast plays a whole scenario, so that a
// receiver takes its messages for one order's.
type cast struct {
	AppID       string `help:"The third-party app; the simulator's only one when left out."`
	OutOrderNo  string `help:"The ISV's order number; made up when left out."`
	OrderNo     string `help:"Alipay's order number; made up when left out."`
	MiniAppID   string `help:"The mini program; made up when left out."`
	AppVersion  string `help:"The version in audit." default:"0.0.1"`
	MerchantPID string `name:"merchant-pid" help:"The merchant's account." default:"2088000000000001"`
}

// complete makes up what is missing, at random, so that two runs are about two orders.
func (c *cast) complete(now time.Time) {
	fill := func(value *string, prefix string, digits int) {
		if *value == "" {
			*value = prefix + randomDigits(digits)
		}
	}
	fill(&c.OutOrderNo, "trigger-", 10)
	fill(&c.OrderNo, now.Format("20060102")+"00", 12)
	fill(&c.MiniAppID, "20210000", 8)
}

// randomDigits are for ids in test messages, which have to differ and keep no secret.
func randomDigits(n int) string {
	// Not quite even (256 is no multiple of 10), which ids of test messages need not be.
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // never fails (crypto/rand, Go 1.24)
	var b strings.Builder
	for _, one := range raw {
		b.WriteByte('0' + one%10)
	}
	return b.String()
}

// push is one message for the simulator: the body of POST /sim/v1/messages. The simulator fills
// in what stays empty and signs the whole.
type push struct {
	AppID      string            `json:"app_id"`
	MsgMethod  string            `json:"msg_method,omitempty"`
	NotifyType string            `json:"notify_type,omitempty"`
	BizContent any               `json:"biz_content,omitempty"`
	Params     map[string]string `json:"params,omitempty"`
	NotifyID   string            `json:"notify_id,omitempty"`
	Rule       string            `json:"rule,omitempty"`
	Channel    string            `json:"channel,omitempty"` // empty: as the app has subscribed
}

func (p push) name() string { return p.MsgMethod + p.NotifyType }

// set changes one field: "biz_content.status=AGREED" or, with a JSON value,
// "biz_content.detail.auth_time:=5"; "msg_type=app" is a parameter of the form. The forms
// differ because a receiver may choke on a number where text was sent.
func (p *push) set(assignment string) error {
	path, text, found := strings.Cut(assignment, "=")
	if !found || path == "" {
		return command.Usagef("--set %q has no =; write biz_content.field=text, biz_content.field:=JSON or parameter=text", assignment)
	}
	var value any = text
	// := as in httpie: a value that is not text.
	if bare, isJSON := strings.CutSuffix(path, ":"); isJSON {
		path = bare
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			return command.Usagef("--set %s:= wants JSON: %w", path, err)
		}
	}
	// The prefix is Alipay's name for the inner object, so a field is written as its documents do.
	inner, isContent := strings.CutPrefix(path, "biz_content.")
	if isContent {
		content, ok := p.BizContent.(map[string]any)
		if !ok {
			return command.Usagef("--set %s: %s has no biz_content; its fields are parameters: --set %s=…", path, p.name(), inner)
		}
		return setIn(content, strings.Split(inner, "."), value)
	}
	return p.setParameter(path, value)
}

// setParameter changes a parameter beside biz_content. notify_id has a field of its own, since
// the simulator keeps its deliveries by it.
func (p *push) setParameter(name string, value any) error {
	text, ok := value.(string)
	if !ok {
		return command.Usagef("--set %s: a parameter of the form is text; write %s=text", name, name)
	}
	if name == "notify_id" {
		p.NotifyID = text
		return nil
	}
	p.Params[name] = text
	return nil
}

// setIn sets a member deep inside an object and makes the objects on the way, so that a field
// of a message that has no sample of it can be tried.
func setIn(object map[string]any, path []string, value any) error {
	for _, name := range path[:len(path)-1] {
		inner, ok := object[name].(map[string]any)
		if object[name] == nil {
			inner, ok = map[string]any{}, true
			// Only a missing object is made; text in its place would be lost without a word.
			object[name] = inner
		}
		if !ok {
			return command.Usagef("--set: %s is no object, it has nothing inside", name)
		}
		object = inner
	}
	object[path[len(path)-1]] = value
	return nil
}

// pinTime fixes when the message says it was sent, so that its copies are the
// same bytes, as Alipay's redeliveries are.
func (p *push) pinTime(at time.Time) {
	// The two layouts date a message by different names, and 1.0's in Beijing's time.
	name, text := "utc_timestamp", strconv.FormatInt(at.UnixMilli(), 10)
	if p.NotifyType != "" {
		name, text = "notify_time", at.In(time.FixedZone("UTC+8", 8*60*60)).Format(time.DateTime)
	}
	if p.Params[name] == "" {
		p.Params[name] = text
	}
	// The day in front, as in Alipay's own ids.
	if p.NotifyID == "" {
		p.NotifyID = fmt.Sprintf("%s%s", at.Format("20060102"), randomDigits(26))
	}
}
