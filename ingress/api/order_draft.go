package api

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"miniflow/alipay/gateway/rules"
	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/strict"
	"miniflow/order"
)

// draft is an order that has been read and checked. Sealing comes later, because it is
// useless for a refused order.
type draft struct {
	request                 order.Request
	create, submission, ext []byte
}

// draftOf checks the rules that involve several fields, and names every bad field, so that a
// caller corrects them in one go.
func (a *API) draftOf(body startBody, fields *problem.Fields) draft {
	policy := order.Policy(body.Policy).Or(a.config.Policy)
	d := draft{request: order.Request{
		AppID: body.AppID, OutOrderNo: body.OutOrderNo, Kind: body.Kind, MerchantRef: body.MerchantRef, ShopName: body.ShopName,
		OrderNo: body.OrderNo, MiniAppID: body.MiniAppID, Policy: policy,
	}}
	checkKind(body, policy, fields)
	if len(body.Create) > 0 {
		d.create = createBlock(checkOf(body.Kind), body.Create, nil, fields)
	}
	d.request.Version, d.ext = versionBlock(body.Version, fields)
	if body.Version.TemplateID == "" && policy.Upload != order.StepExternal {
		fields.Add("version.template_id", "give the template; it can be left out only with policy.upload external")
	}
	if len(body.Submission) > 0 || policy.Submit != order.StepExternal {
		d.request.Submission, d.submission = submissionBlock(body.Submission, nil, fields)
	}
	return d
}

func checkKind(body startBody, policy order.Policy, fields *problem.Fields) {
	switch body.Kind {
	case order.KindRelease:
		if body.MiniAppID == "" {
			fields.Add("mini_app_id", "give the mini program; a release needs one that exists")
		}
		if len(body.Create) > 0 {
			fields.Add("create", "remove it; a release creates nothing")
		}
		if body.OrderNo != "" {
			fields.Add("order_no", "remove it; a release creates nothing")
		}
	case order.KindFormal, order.KindTrial:
		if body.MiniAppID != "" {
			fields.Add("mini_app_id", "remove it; this kind creates the mini program. For one that exists use kind release")
		}
		if len(body.Create) == 0 && body.OrderNo == "" && policy.Create != order.StepExternal {
			fields.Add("create", "give Alipay's fields; they can be left out only with order_no or policy.create external")
		}
	}
}

// only keeps the complaints about given fields, because a correction contains only what
// changes. given is nil where the block has to be complete.
func only(complaints []rules.Error, given func(string) bool) []rules.Error {
	if given == nil {
		return complaints
	}
	return slices.DeleteFunc(complaints, func(complaint rules.Error) bool { return !given(complaint.Field) })
}

// checkOf returns the rules of the call that creates a mini program of a kind.
func checkOf(kind order.Kind) func(json.RawMessage) []rules.Error {
	if kind == order.KindTrial {
		return rules.CheckTrial
	}
	return rules.CheckCreate
}

// createBlock checks Alipay's fields of create by Alipay's own rules, because its refusal
// would come after the merchant was asked, and returns them in canonical form.
func createBlock(check func(json.RawMessage) []rules.Error, given createBody, partial func(string) bool, fields *problem.Fields) []byte {
	block, err := strict.Canonical(given)
	if err != nil {
		fields.Add("create", "give a JSON object of Alipay's fields")
		return nil
	}
	if len(block) > order.MaxCreateBytes {
		fields.Add("create", "use at most %d bytes of JSON; there are %d", order.MaxCreateBytes, len(block))
	}
	for _, complaint := range only(check(block), partial) {
		fields.Add("create."+complaint.Field, "%s", complaint.Message)
	}
	// Two numbers for one order would contradict each other.
	if _, there := given["out_order_no"]; there {
		fields.Add("create.out_order_no", "remove it; it is the order's own out_order_no")
	}
	if picture, there := given["license_pic"]; there {
		readFile(picture, "create.license_pic", fields)
	}
	return block
}

// versionBlock reads a version; ext is returned separately, because it is sealed.
func versionBlock(body versionBody, fields *problem.Fields) (order.Version, []byte) {
	version := order.Version{
		TemplateID: body.TemplateID, TemplateVersion: body.TemplateVersion,
		AppVersion: body.AppVersion, BundleID: body.BundleID, Experience: body.Experience,
	}
	if len(body.Ext) == 0 {
		return version, nil
	}
	ext, err := strict.Canonical(body.Ext)
	switch {
	case err != nil:
		fields.Add("version.ext", "give a JSON object")
	case len(ext) > order.MaxExtBytes:
		fields.Add("version.ext", "use at most %d bytes of JSON; there are %d", order.MaxExtBytes, len(ext))
	}
	return version, ext
}

var parameterName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]{0,63}$`)

// submissionBlock turns a submission into Alipay's text parameters and files, checked by
// Alipay's own rules and written as canonical JSON. The fields that the workflow decides by
// are returned in clear, because a workflow can't open seals.
func submissionBlock(given submissionBody, partial func(string) bool, fields *problem.Fields) (order.Submission, []byte) {
	block := order.SubmissionBlock{Fields: map[string]string{}}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		path := "submission." + name
		switch {
		case name == "files":
			block.Files = readFiles(given[name], fields)
		case name == "app_version" || name == "bundle_id":
			fields.Add(path, "remove it; it belongs into version")
		case !parameterName.MatchString(name):
			fields.Add(path, "use Alipay's own name: letters, digits and _")
		default:
			block.Fields[name] = parameterText(given[name], path, fields)
		}
	}
	for name := range block.Files {
		if _, twice := block.Fields[name]; twice {
			fields.Add("submission."+name, "give it as a text or as a file, not both")
		}
	}
	for _, complaint := range only(rules.CheckSubmission(block.Fields), partial) {
		fields.Add("submission."+complaint.Field, "%s", complaint.Message)
	}
	written, err := strict.Canonical(block)
	if err != nil || len(written) > order.MaxSubmissionBytes {
		fields.Add("submission", "use at most %d bytes of JSON; there are %d", order.MaxSubmissionBytes, len(written))
	}
	return order.Submission{
		AutoOnline:           steer(block.Fields, "auto_online", fields),
		PermitLimitedRelease: steer(block.Fields, "permit_registration_limit_release", fields),
	}, written
}

// parameterText returns a JSON value as a parameter's text, because Alipay's multipart call
// has only texts: numbers and booleans as they are written, lists and objects as compact
// JSON.
func parameterText(raw json.RawMessage, path string, fields *problem.Fields) string {
	var unused problem.Fields // repeated names are reported already
	value, err := strict.ReadTree(raw, &unused)
	if err != nil {
		fields.Add(path, "give a JSON value")
		return ""
	}
	switch value := value.(type) {
	case nil:
		fields.Add(path, "leave it out instead of null")
		return ""
	case string:
		return value
	case bool:
		return strconv.FormatBool(value)
	case json.Number:
		return value.String()
	default:
		text, err := strict.Canonical(value)
		if err != nil {
			fields.Add(path, "give a JSON value")
		}
		return string(text)
	}
}

func steer(texts map[string]string, name string, fields *problem.Fields) *bool {
	text, there := texts[name]
	if !there {
		return nil
	}
	value := text == "true"
	if !value && text != "false" {
		fields.Add("submission."+name, "choose one of true, false")
	}
	return &value
}

// seal puts the draft's personal data into the request, sealed, because a workflow's input is
// readable in the Temporal UI.
func (a *API) seal(d draft) (order.Request, error) {
	request := d.request
	var err error
	if d.create != nil {
		request.Create = make([]order.Sealed, 1)
		request.Create[0], err = a.sealed(d.create, request.AppID, order.SealCreate)
	}
	if err == nil && d.submission != nil {
		request.Submission.Fields = make([]order.Sealed, 1)
		request.Submission.Fields[0], err = a.sealed(d.submission, request.AppID, order.SealSubmission)
	}
	if err == nil && d.ext != nil {
		request.Version.Ext, err = a.sealed(d.ext, request.AppID, order.SealExt)
	}
	return request, err
}

// correction checks and seals the fields of a submission that change, nil for none.
func (a *API) correction(ctx context.Context, path OrderPath, body submissionBody, fields *problem.Fields) (*order.Submission, error) {
	if len(body) == 0 {
		return nil, nil
	}
	submission, block := submissionBlock(body, givenIn(body), fields)
	sealed, err := a.sealed(block, path.AppID, order.SealSubmission)
	if err != nil {
		return nil, err
	}
	submission.Fields = []order.Sealed{sealed}
	return &submission, a.nameFiles(ctx, path, true, filesOfSubmission(block), fields)
}

// sealed seals one block for its app and purpose, so that it can't be opened for another.
func (a *API) sealed(plain []byte, appID, purpose string) (order.Sealed, error) {
	sealed, err := a.config.Sealer.Seal(plain, appID, purpose)
	if err != nil {
		return "", fmt.Errorf("seal %s: %w", purpose, err)
	}
	return sealed, nil
}
