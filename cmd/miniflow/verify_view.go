package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"miniflow/alipay/diagnose"
	"miniflow/alipay/notify"
)

// validView is what verify says of a genuine message.
type validView struct {
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
	Key          validKey          `json:"key"`
	Parameters   map[string]string `json:"parameters"` // covered by the signature
	Content      json.RawMessage   `json:"content"`
	ContentError string            `json:"content_error,omitempty"`
	// Repaired says what of its text had to be repaired before it could be read.
	Repaired string `json:"repaired,omitempty"`
	// FromJSON says that it was handed over as JSON of the parameters, not as the form.
	FromJSON bool     `json:"from_json,omitempty"`
	Digest   string   `json:"digest"`
	order    []string // of the parameters
}

// validKey says which key matched.
type validKey struct {
	Number      int    `json:"number"` // from 1, in the order in which they were given
	Of          int    `json:"of"`
	Fingerprint string `json:"fingerprint"`
	CertSN      string `json:"cert_sn,omitempty"`
}

func newValidView(answer diagnose.Answer, reveal bool) validView {
	n := answer.Notification
	key := answer.App.AlipayKeys[n.Key]
	v := validView{
		Valid: true, AppID: n.AppID, Name: n.Name, NotifyID: n.NotifyID, DerivedID: n.DerivedID, Layout: n.Layout,
		Rule: n.Rule.String(), RuleMethod: "rsaCheckV1", SignType: n.Params.Get("sign_type"), Digest: n.Digest(),
		Key:        validKey{Number: n.Key + 1, Of: len(answer.App.AlipayKeys), Fingerprint: fingerprint(key.Public), CertSN: n.KeyCertSN},
		Parameters: map[string]string{}, Repaired: n.Repaired(), FromJSON: answer.FromJSON,
	}
	if n.Rule.SignType {
		v.RuleMethod = "rsaCheckV2"
	}
	if !n.SentAt.IsZero() {
		v.SentAt = &n.SentAt
	}
	if n.ContentError != nil {
		v.ContentError = n.ContentError.Error()
	}
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

func (v validView) print(p *page) {
	p.line("%s  %s", p.good("valid"), clean(v.Name))
	p.item("app_id", v.AppID)
	if v.DerivedID {
		p.item("notify_id", v.NotifyID, "(made from its content: it has none that can be used)")
	} else {
		p.item("notify_id", v.NotifyID)
	}
	if v.SentAt != nil {
		p.item("sent", v.SentAt.Format(time.RFC3339))
	}
	p.item("layout", v.Layout)
	p.item("rule", v.Rule, "("+v.RuleMethod+" in the official SDKs)")
	key := fmt.Sprintf("%d of %d, SHA-256 %s", v.Key.Number, v.Key.Of, v.Key.Fingerprint)
	if v.Key.CertSN != "" {
		key += ", certificate " + v.Key.CertSN
	}
	p.item("key", key)
	if v.FromJSON {
		p.item("read from", "JSON of the parameters; Alipay posts a form")
	}
	if v.Repaired != "" {
		p.item("repaired", v.Repaired+"; the body has the bytes as they came")
	}
	p.line("signed parameters")
	for _, name := range v.order {
		p.item(clean(name), v.Parameters[name])
	}
	switch {
	case v.ContentError != "":
		p.line("%s", p.warn(v.ContentError))
	case v.Content != nil:
		var indented bytes.Buffer
		if json.Indent(&indented, v.Content, "  ", "  ") == nil {
			p.line("content\n  %s", clean(indented.String()))
		}
	}
}

// invalidView is what verify says of a message that doesn't verify.
type invalidView struct {
	Valid   bool        `json:"valid"`             // false
	Refusal string      `json:"refusal,omitempty"` // what a door would log
	Causes  []causeView `json:"causes"`
}

type causeView struct {
	diagnose.Finding
	Says   string `json:"says"`
	Advice string `json:"advice"`
}

func newInvalidView(answer diagnose.Answer) invalidView {
	v := invalidView{Causes: []causeView{}}
	if answer.Refusal != nil {
		v.Refusal = string(answer.Refusal.Reason)
	}
	for _, finding := range answer.Findings {
		v.Causes = append(v.Causes, causeView{Finding: finding, Says: finding.Says(), Advice: finding.Advice()})
	}
	return v
}

func (v invalidView) print(p *page) {
	p.line("%s", p.bad("invalid"))
	v.causes(p)
}

func (v invalidView) causes(p *page) {
	for _, cause := range v.Causes {
		sure := p.warn("likely")
		if cause.Proven {
			sure = p.bad("proven")
		}
		where := ""
		if len(cause.Parameters) > 0 {
			where = " (" + strings.Join(cause.Parameters, ", ") + ")"
		}
		p.line("  %s  %s: %s%s", sure, cause.Cause, cause.Says, clean(where))
		if cause.Detail != "" {
			p.line("          %s", clean(cause.Detail))
		}
		p.line("          %s", cause.Advice)
	}
}
