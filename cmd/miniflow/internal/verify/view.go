package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"miniflow/alipay/diagnose"
	"miniflow/alipay/notify"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/verifying"
)

// Valid is what verify prints of a genuine message: everything that says how it verified,
// because another program may have refused it.
type Valid struct {
	Valid        bool              `json:"valid"` // true
	AppID        string            `json:"app_id"`
	Name         string            `json:"name"`
	NotifyID     string            `json:"notify_id"`
	DerivedID    bool              `json:"notify_id_derived,omitempty"` // it had none that can be used: this one is made of its content and time
	Layout       notify.Layout     `json:"layout"`
	SentAt       *time.Time        `json:"sent_at"`
	Rule         string            `json:"rule"`
	RuleMethod   string            `json:"rule_method"` // the method of the official SDKs that follows the rule
	SignType     string            `json:"sign_type"`
	Key          Key               `json:"key"`
	Parameters   map[string]string `json:"parameters"` // covered by the signature
	Content      json.RawMessage   `json:"content"`
	ContentError string            `json:"content_error,omitempty"`
	// Repaired says what had to be repaired before the text could be read: the bytes verify,
	// but another reader may refuse them.
	Repaired string `json:"repaired,omitempty"`
	// FromJSON says that it was handed over as JSON of the parameters. A door would have
	// refused it, since the form is what Alipay posts.
	FromJSON bool     `json:"from_json,omitempty"`
	Digest   string   `json:"digest"`
	order    []string // of the parameters
}

// Key says which key matched: while keys are rotated, that is how people see that the old one
// can go.
type Key struct {
	Number      int    `json:"number"` // from 1, in the order in which they were given
	Of          int    `json:"of"`
	Fingerprint string `json:"fingerprint"`
	CertSN      string `json:"cert_sn,omitempty"`
}

// newValid describes a genuine message. People's data and tokens are hidden unless reveal is
// set: what verify prints is pasted into tickets and chats.
func newValid(answer diagnose.Answer, reveal bool) Valid {
	n := answer.Notification
	live := answer.App.Live()
	key := live[n.Key]
	v := Valid{
		Valid: true, AppID: n.AppID, Name: n.Name, NotifyID: n.NotifyID, DerivedID: n.DerivedID, Layout: n.Layout,
		Rule: n.Rule.String(), RuleMethod: "rsaCheckV1", SignType: n.Params.Get("sign_type"), Digest: n.Digest(),
		Key:        Key{Number: n.Key + 1, Of: len(live), Fingerprint: verifying.Fingerprint(key.Public), CertSN: n.KeyCertSN},
		Parameters: map[string]string{}, Repaired: n.Repaired(), FromJSON: answer.FromJSON,
	}
	// The SDKs' own names, which a developer searches for: V1 leaves sign_type out of the signed
	// text, V2 has it in.
	if n.Rule.SignType {
		v.RuleMethod = "rsaCheckV2"
	}
	if !n.SentAt.IsZero() {
		v.SentAt = &n.SentAt
	}
	if n.ContentError != nil {
		v.ContentError = n.ContentError.Error()
	}
	// biz_content is shown once, as content where it could be read: twice would be pages of
	// the same.
	for name, value := range n.Params.All() {
		v.order = append(v.order, name)
		v.Parameters[name] = value
		switch {
		case name == "biz_content" && n.Content != nil:
			v.Parameters[name] = fmt.Sprintf("[%d bytes, see content]", len(value))
		case !reveal && secretName(name):
			v.Parameters[name] = hidden
		case !reveal && name == "biz_content" && n.Layout != notify.LayoutService:
			v.Parameters[name] = fmt.Sprintf("[%d bytes]", len(value))
		}
	}
	if v.Content = n.Content; !reveal && n.Content != nil {
		v.Content = redactJSON(n.Content)
	}
	return v
}

// Parameters are in the order of the signed text, so that they can be compared with a program
// that builds it wrongly.
func (v Valid) print(p *command.Page) {
	p.Line("%s  %s", p.Good(p.Sayf("valid")), command.Clean(v.Name))
	p.Item("app_id", v.AppID)
	if v.DerivedID {
		p.Item("notify_id", v.NotifyID, p.Sayf("(made from its content: it has none that can be used)"))
	} else {
		p.Item("notify_id", v.NotifyID)
	}
	if v.SentAt != nil {
		p.Item("sent", v.SentAt.Format(time.RFC3339))
	}
	p.Item("layout", v.Layout)
	p.Item("rule", v.Rule, p.Sayf("(%s in the official SDKs)", v.RuleMethod))
	key := p.Sayf("%d of %d, SHA-256 %s", v.Key.Number, v.Key.Of, v.Key.Fingerprint)
	if v.Key.CertSN != "" {
		key = p.Sayf("%s, certificate %s", key, v.Key.CertSN)
	}
	p.Item("key", key)
	if v.FromJSON {
		p.Item("read from", p.Sayf("JSON of the parameters; Alipay posts a form"))
	}
	if v.Repaired != "" {
		p.Item("repaired", p.Sayf("%s; the body has the bytes as they came", p.Translate(v.Repaired)))
	}
	// Only what the signature covers: what was added to the URL is not Alipay's word.
	p.Line("signed parameters")
	for _, name := range v.order {
		p.Item(command.Clean(name), v.parameter(p, name))
	}
	switch {
	case v.ContentError != "":
		p.Line("%s", p.Warn(p.Translate(v.ContentError)))
	case v.Content != nil:
		var indented bytes.Buffer
		if json.Indent(&indented, v.Content, "  ", "  ") == nil {
			p.Line("content\n  %s", command.Clean(indented.String()))
		}
	}
}

// parameter is a value, or why it is not shown, which stands in brackets.
func (v Valid) parameter(p *command.Page, name string) string {
	if value := v.Parameters[name]; !strings.HasPrefix(value, "[") {
		return value
	}
	return p.Translate(v.Parameters[name])
}

// Invalid is what verify prints of a message that doesn't verify: the word that a door would
// log, to be searched for, and the causes.
type Invalid struct {
	Valid   bool              `json:"valid"`             // false
	Refusal string            `json:"refusal,omitempty"` // what a door would log
	Causes  []verifying.Cause `json:"causes"`
}

// There may be no refusal: a wrong configuration is found before any message is read.
func newInvalid(answer diagnose.Answer) Invalid {
	v := Invalid{Causes: verifying.CausesOf(answer)}
	if answer.Refusal != nil {
		v.Refusal = string(answer.Refusal.Reason)
	}
	return v
}

// Causes stay in the order in which diagnose has found them, the likeliest first.
func (v Invalid) print(p *command.Page) {
	p.Line("%s", p.Bad(p.Sayf("invalid")))
	verifying.PrintCauses(p, v.Causes)
}
