package api

import (
	"cmp"
	"regexp"
	"strings"
	"time"

	"miniflow/ingress/api/problem"
	"miniflow/order"
	"miniflow/rollout"
)

// rolloutBody is the body of POST /v1/rollouts.
type rolloutBody struct {
	AppID      string             `json:"app_id" maxLength:"64" doc:"The third-party application (第三方应用) that acts." example:"2021000000000000"`
	ID         string             `json:"id,omitempty" pattern:"^[0-9A-Za-z_]{1,12}$" patternDescription:"1 to 12 letters, digits and _" doc:"Its id; the numbers of its orders begin with it and a hyphen. Left out, Miniflow makes one." example:"autumn"`
	Version    rolloutVersionBody `json:"version" doc:"What mini programs are brought to."`
	From       []string           `json:"from,omitempty" maxItems:"20" doc:"The template's versions that are upgraded. Left out: every mini program that was built from the template and does not run the new version."`
	Submission submissionBody     `json:"submission,omitempty" doc:"Alipay's own fields of alipay.open.mini.version.audit.apply, the same for every mini program."`
	Policy     policyBody         `json:"policy,omitempty" doc:"Who does each step of each order. What is left out is as configured; create has no meaning here."`
	Plan       planBody           `json:"plan,omitempty" doc:"How it goes: canaries, waves, rates, and when it stops by itself."`
	Ext        *extFileBody       `json:"ext,omitempty" doc:"A file of members' configurations (ext.json), one line of JSON for each: {\"mini_app_id\":\"…\",\"ext\":{…}}. A mini program that it does not name keeps the ext that is online, where Miniflow knows it."`
	NoExt      bool               `json:"no_ext,omitempty" doc:"Upgrade without an ext those whose ext nobody knows. Otherwise they are held until a retry says so."`
}

type rolloutVersionBody struct {
	TemplateID      string `json:"template_id" pattern:"^[0-9A-Za-z]{1,32}$" patternDescription:"Alipay's id of the template: letters and digits" doc:"The template mini program." example:"2021000000009999"`
	TemplateVersion string `json:"template_version" pattern:"^[0-9]{1,10}\\.[0-9]{1,10}\\.[0-9]{1,10}$" patternDescription:"a version such as 1.0.3" doc:"Its new version." example:"1.0.3"`
	BundleID        string `json:"bundle_id,omitempty" pattern:"^[0-9A-Za-z._-]{1,64}$" patternDescription:"a client's id such as com.alipay.alipaywallet" doc:"Left out: Alipay's wallet." example:"com.alipay.alipaywallet"`
}

type extFileBody struct {
	URL    string `json:"url,omitempty" doc:"Where it is fetched from; left out where it was handed in with POST /v1/files (field rollout.ext)."`
	SHA256 string `json:"sha256" pattern:"^[0-9a-fA-F]{64}$" patternDescription:"64 hexadecimal digits" doc:"Its SHA-256."`
}

type planBody struct {
	Canary       []string `json:"canary,omitempty" maxItems:"200" doc:"Mini programs that go first, in a wave of their own."`
	FirstWave    int      `json:"first_wave,omitempty" minimum:"1" maximum:"4000" doc:"How many the wave after the canaries has; 20 when left out." example:"20"`
	Growth       float64  `json:"growth,omitempty" minimum:"1" maximum:"100" doc:"How many times as large each wave after that is; 3 when left out." example:"3"`
	Soak         string   `json:"soak,omitempty" pattern:"^[0-9.hms]{2,20}$" patternDescription:"a duration such as 30m or 26h" doc:"How long a wave that has settled is watched before the next begins; 1h when left out." example:"1h"`
	Rate         float64  `json:"rate,omitempty" minimum:"0.01" maximum:"100" doc:"Releases that begin in a second, at most; 1 when left out." example:"1"`
	UndoRate     float64  `json:"undo_rate,omitempty" minimum:"0.01" maximum:"100" doc:"Versions that are taken back in a second, at most; 10 when left out." example:"10"`
	MostRejected *float64 `json:"most_rejected,omitempty" minimum:"0" maximum:"1" doc:"The share of rejections above which it halts; 0.1 when left out." example:"0.1"`
	MostFailed   *float64 `json:"most_failed,omitempty" minimum:"0" maximum:"1" doc:"The same for what goes wrong otherwise, or waits for a person; 0.2 when left out." example:"0.2"`
	Sample       int      `json:"sample,omitempty" minimum:"1" maximum:"4000" doc:"How many a share is counted over at least, so that the first rejection is not all of them; 10 when left out." example:"10"`
	Keep         string   `json:"keep,omitempty" pattern:"^[0-9.hms]{2,20}$" patternDescription:"a duration such as 30m or 26h" doc:"For how long it can still be taken back once it is done; 168h when left out." example:"168h"`
}

// planOf fills up what a body leaves open.
func planOf(body planBody, fields *problem.Fields) rollout.Plan {
	plan := rollout.DefaultPlan()
	plan.Canary = body.Canary
	for _, id := range body.Canary {
		if !miniAppForm.MatchString(id) {
			fields.Add("plan.canary", "name mini programs by Alipay's ids: letters and digits")
			break
		}
	}
	plan.FirstWave, plan.Growth = cmp.Or(body.FirstWave, plan.FirstWave), cmp.Or(body.Growth, plan.Growth)
	plan.Rate, plan.UndoRate = cmp.Or(body.Rate, plan.Rate), cmp.Or(body.UndoRate, plan.UndoRate)
	plan.Sample = cmp.Or(body.Sample, plan.Sample)
	for share, given := range map[*float64]*float64{&plan.MostRejected: body.MostRejected, &plan.MostFailed: body.MostFailed} {
		if given != nil {
			*share = *given
		}
	}
	readSpan("plan.soak", body.Soak, time.Second, &plan.Soak, fields)
	readSpan("plan.keep", body.Keep, time.Minute, &plan.Keep, fields)
	return plan
}

var (
	miniAppForm = regexp.MustCompile(`^[0-9A-Za-z]{1,32}$`)
	versionForm = regexp.MustCompile(`^[0-9]{1,10}\.[0-9]{1,10}\.[0-9]{1,10}$`)
)

// mostSpan bounds a wait: a workflow that waits for longer outlives what it knows.
const mostSpan = 90 * 24 * time.Hour

func readSpan(field, text string, least time.Duration, span *order.Duration, fields *problem.Fields) {
	if text == "" {
		return
	}
	read, err := time.ParseDuration(text)
	if err != nil || read < least || read > mostSpan {
		fields.Add(field, "write a duration from %s to %s, such as 30m or 26h", least, mostSpan)
	}
	*span = order.Duration(read)
}

// rolloutOf checks the rules that involve several fields. The submission is returned apart: it is sealed
// once nothing is refused.
func (a *API) rolloutOf(body rolloutBody, fields *problem.Fields) (input rollout.Input, submission []byte) {
	policy := order.Policy(body.Policy).Or(a.config.Policy)
	request := order.Request{AppID: body.AppID, Kind: order.KindRelease, Policy: policy}
	request.Version = order.Version{
		TemplateID: body.Version.TemplateID, TemplateVersion: body.Version.TemplateVersion, BundleID: body.Version.BundleID,
	}
	if policy.Upload == order.StepExternal {
		fields.Add("policy.upload", "let Miniflow upload: a rollout is what it uploads")
	}
	if len(body.Submission) > 0 || policy.Submit != order.StepExternal {
		request.Submission, submission = submissionBlock(body.Submission, nil, fields)
	}
	for _, version := range body.From {
		if !versionForm.MatchString(version) || version == body.Version.TemplateVersion {
			fields.Add("from", "name versions of the template such as 1.0.3, other than the new one")
			break
		}
	}
	input = rollout.Input{
		ID: body.ID, AppID: body.AppID, Plan: planOf(body.Plan, fields), From: body.From, Request: request, NoExt: body.NoExt,
	}
	if body.Ext != nil {
		input.Ext = order.FileRef{URL: body.Ext.URL, SHA256: strings.ToLower(body.Ext.SHA256)}
		if body.Ext.URL != "" && checkURL(body.Ext.URL) != nil {
			fields.Add("ext.url", "give the file's full http or https address, without a password, at most %d bytes", maxURL)
		}
	}
	return input, submission
}
