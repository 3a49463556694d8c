package gateway

import (
	"cmp"
	"encoding/json"
	"strings"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/internal/admission"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/lifecycle"
)

type tokenUse int

const (
	tokenRefused  tokenUse = iota // called as the third-party app itself
	tokenNeeded                   // called for a merchant's mini program
	tokenOptional                 // both ways work
)

type method struct {
	name  string
	token tokenUse
	// form methods take their fields as parameters of their own, files beside
	// them; the others take biz_content.
	form bool
	do   func(*call) admission.Answer
}

// methods are the calls the gateway knows; to any other it answers isv.invalid-method.
// Written once by methodTable.
var methods = methodTable(
	method{name: "alipay.open.mini.isv.create", do: (*call).createFormal},
	method{name: "alipay.open.mini.isv.query", do: (*call).queryFormal},
	method{name: "alipay.open.mini.isv.fastregister.create", do: (*call).createTrial},
	method{name: "alipay.open.mini.isv.fastregister.query", do: (*call).queryTrial},
	method{name: "alipay.open.mini.isv.certify.create", do: (*call).certifyTrial},
	method{name: "alipay.open.mini.baseinfo.name.check", token: tokenOptional, do: (*call).checkName},
	method{name: "alipay.open.mini.category.require.query", do: (*call).categoryPapers},
	method{name: "alipay.open.mini.baseinfo.query", token: tokenNeeded, do: (*call).queryBaseInfo},
	method{name: "alipay.open.mini.icp.status.query", token: tokenNeeded, do: (*call).queryFiling},
	method{name: "alipay.open.mini.template.usage.query", do: (*call).templateUsers},
	method{name: "alipay.open.mini.instantiate.query", do: (*call).templateInstances},
	method{name: "alipay.open.auth.token.app", do: (*call).exchangeToken},
	method{name: "alipay.open.auth.token.app.query", do: (*call).queryToken},
	method{name: "alipay.open.auth.appauth.invite.create", do: (*call).invite},
	method{name: "alipay.open.app.alipaycert.download", do: (*call).downloadCertificate},
	method{name: string(lifecycle.StepUpload), token: tokenNeeded, do: (*call).uploadVersion},
	method{name: string(lifecycle.StepBuildQuery), token: tokenNeeded, do: (*call).queryBuild},
	method{name: string(lifecycle.StepDetail), token: tokenNeeded, do: (*call).queryDetail},
	method{name: "alipay.open.mini.version.list.query", token: tokenNeeded, do: (*call).queryList},
	method{name: string(lifecycle.StepApply), token: tokenNeeded, form: true, do: (*call).applyAudit},
	method{name: string(lifecycle.StepCancel), token: tokenNeeded, do: (*call).cancelAudit},
	method{name: string(lifecycle.StepTakeBack), token: tokenNeeded, do: (*call).takeBack},
	method{name: string(lifecycle.StepOnline), token: tokenNeeded, do: (*call).putOnline},
	method{name: string(lifecycle.StepDelete), token: tokenNeeded, do: (*call).deleteVersion},
	method{name: string(lifecycle.StepOffline), token: tokenNeeded, do: (*call).takeOffline},
	method{name: string(lifecycle.StepRollback), token: tokenNeeded, do: (*call).rollBack},
	method{name: string(lifecycle.StepTry), token: tokenNeeded, do: (*call).createExperience},
	method{name: "alipay.open.mini.experience.query", token: tokenNeeded, do: (*call).queryExperience},
	method{name: "alipay.open.mini.experience.cancel", token: tokenNeeded, do: (*call).cancelExperience},
)

func methodTable(list ...method) map[string]method {
	table := make(map[string]method, len(list))
	for _, m := range list {
		table[m.name] = m
	}
	return table
}

// call has its transaction in it: what a method changes and what it pushes is committed
// together.
type call struct {
	*world.Tx
	app     account.App
	mini    *world.Mini // of app_auth_token; nil without
	request *admission.Request
	content map[string]json.RawMessage // biz_content
	form    bool
}

// readContent refuses a biz_content that is not one JSON object. Form methods have
// none: their fields are parameters.
func (c *call) readContent(m method) (admission.Answer, bool) {
	if c.form = m.form; m.form {
		return admission.Answer{}, true
	}
	text := c.request.Params["biz_content"]
	if text == "" {
		return admission.Refuse(admission.CodeMissing, "isv.missing-parameter", "缺少参数 biz_content"), false
	}
	if err := json.Unmarshal([]byte(text), &c.content); err != nil || c.content == nil {
		return admission.Refuse(admission.CodeIllegal, "isv.invalid-parameter", "参数 biz_content 应为JSON对象"), false
	}
	return admission.Answer{}, true
}

// text returns a field as text, so that true and "true" mean the same to every method.
// What is absent or null is empty.
func (c *call) text(name string) string {
	if c.form {
		return c.request.Params[name]
	}
	return textOf(c.content[name])
}

// within takes one of the content's objects for the content, as a formal create has its
// fields inside create_mini_request. It reports whether it is an object.
func (c *call) within(name string) bool {
	var inner map[string]json.RawMessage
	err := json.Unmarshal(c.content[name], &inner)
	c.content = inner
	return err == nil && inner != nil
}

func textOf(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

// blank returns the first of the fields that is empty, since a refusal names one.
func (c *call) blank(names ...string) (string, bool) {
	for _, name := range names {
		if strings.TrimSpace(c.text(name)) == "" {
			return name, true
		}
	}
	return "", false
}

// sum digests the content so that the order and spacing of its members don't count.
func (c *call) sum() string {
	sorted, err := json.Marshal(c.content) // map keys are sorted, raw values compacted
	if err != nil {
		c.Fail(err)
	}
	return world.Digest(string(sorted))
}

// subject is what a call is about, as far as its parameters say. Methods name it
// differently, and rules and records have one name for it.
type subject struct {
	outOrderNo, miniAppID string
	key                   string // what makes the call idempotent
}

// subjectOf reads the subject of a verified request, for faults to match and the
// record of calls to name. It believes nothing: what it can't read is left empty
// and refused by the call itself.
func subjectOf(t *world.Tx, q *admission.Request) subject {
	var content map[string]json.RawMessage
	_ = json.Unmarshal([]byte(q.Params["biz_content"]), &content) // not JSON: no subject there
	field := func(name string) string { return cmp.Or(textOf(content[name]), q.Params[name]) }
	var inner map[string]json.RawMessage
	_ = json.Unmarshal(content["create_mini_request"], &inner)
	about := subject{outOrderNo: cmp.Or(field("out_order_no"), textOf(inner["out_order_no"]))}
	about.key = cmp.Or(about.outOrderNo, field("order_no"))
	order := &world.Order{OrderNo: field("order_no")}
	if t.Load(order) {
		about.outOrderNo, about.miniAppID = order.OutOrderNo, order.MiniAppID
	}
	token := &world.Token{Token: q.Params["app_auth_token"]}
	if !t.Load(token) {
		return about
	}
	about.miniAppID = token.MiniAppID
	about.key = strings.TrimSuffix(token.MiniAppID+"/"+field("app_version"), "/")
	mini := &world.Mini{MiniAppID: token.MiniAppID}
	if t.Load(mini) {
		about.outOrderNo = mini.OutOrderNo
	}
	return about
}
