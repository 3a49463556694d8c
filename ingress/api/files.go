package api

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"miniflow/alipay/gateway/rules"
	"miniflow/ingress/api/problem"
	"miniflow/order"
	"miniflow/rollout"
	"miniflow/words"
)

// Files keeps pictures and papers that were handed in as bytes until the orders that name them have
// ended; an internal/files store is one.
type Files interface {
	// Put keeps a file of an app and returns its SHA-256 in hexadecimal, until when an order can
	// name it, and whether it was not kept before.
	Put(ctx context.Context, appID string, content []byte) (sha256 string, until time.Time, added bool, err error)
	// Name records that an order names a file, before the order is told of it, and reports whether
	// it can. An order that runs may name again what it has named before.
	Name(ctx context.Context, appID, sha256, outOrderNo string, runs bool) (bool, error)
	// Shown returns a picture that an order shows, such as a reviewer's, and whether there is one:
	// what was only handed in is none.
	Shown(ctx context.Context, appID, sha256 string) ([]byte, bool, error)
}

// filesPath is the one path that takes another body than JSON.
const filesPath = "/v1/files"

type handInInput struct {
	AppID   string `query:"app_id" required:"true" maxLength:"64" doc:"The third-party application (第三方应用) whose orders may name the file."`
	Field   string `query:"field" required:"true" maxLength:"96" doc:"The field of the order that the file is for, by which it is checked: create.license_pic, or submission.files. and Alipay's own name, such as submission.files.app_logo; rollout.ext for members' configurations, a line of JSON each."`
	RawBody []byte
	form    bool
}

// Resolve sees what a description of parameters has no place for: whether the body is a form.
func (i *handInInput) Resolve(call huma.Context) []error {
	kind, _, _ := mime.ParseMediaType(call.Header("Content-Type"))
	i.form = strings.HasPrefix(kind, "multipart/")
	return nil
}

type handInOutput struct {
	Status int
	Body   keptFile
}

type keptFile struct {
	SHA256    string    `json:"sha256" doc:"By which an order names the file: {\"sha256\":\"…\"}."`
	Bytes     int       `json:"bytes" doc:"Its size."`
	Kind      string    `json:"kind" enum:"png,jpg,zip,rar,jsonl" doc:"What its bytes are, whatever Content-Type says."`
	Width     int       `json:"width,omitempty" doc:"Of a picture, in pixels."`
	Height    int       `json:"height,omitempty" doc:"Of a picture, in pixels."`
	ExpiresAt time.Time `json:"expires_at" doc:"Until when an order can name it. Once one has, it is kept until the order has ended."`
}

func (a *API) routeFiles(calls huma.API) {
	operation := call(a, calls, APIScopeWrite, huma.Operation{
		OperationID: "hand-in-file", Method: http.MethodPost, Path: filesPath, Summary: "Hand in a picture or a paper",
		Description: "The body is the file itself. It is checked at once by Alipay's rules for its field, and kept sealed. " +
			"201: a new file. 200: the same file again, which gives it new time. 422: everything that Alipay would refuse in it.",
		DefaultStatus: http.StatusCreated, Tags: []string{"orders"},
	}, a.handIn)
	operation.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{
		"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}}
	operation.Responses["200"] = &huma.Response{Description: "The same file again.", Content: operation.Responses["201"].Content}
	a.routePictures(calls)
}

func (a *API) handIn(ctx context.Context, input *handInInput) (*handInOutput, error) {
	var fields problem.Fields
	if err := a.startFor(ctx, "query.app_id", input.AppID, &fields); err != nil {
		return nil, err
	}
	recordOf(ctx).trail.Detail.AppID = input.AppID
	name, known := fileField(input.Field)
	if !known {
		fields.Add("query.field", "name what the file is for: create.license_pic, submission.files. and Alipay's own name, such as submission.files.app_logo, or rollout.ext")
	}
	if input.form {
		fields.Add("header.Content-Type", "send the file itself as the body, not a form with the file in it: curl --data-binary @logo.png")
	}
	if err := fields.Err(); err != nil {
		return nil, err
	}
	if a.config.Files == nil {
		return nil, problem.Of(problem.FileStoreMissing)
	}
	body, err := fitFile(input, name)
	if err != nil {
		return nil, err
	}
	keeping, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	sum, until, added, err := a.config.Files.Put(keeping, input.AppID, input.RawBody)
	if err != nil {
		return nil, storeProblem(err)
	}
	body.SHA256, body.ExpiresAt = sum, until.UTC()
	if added {
		return &handInOutput{http.StatusCreated, body}, nil
	}
	return &handInOutput{http.StatusOK, body}, nil
}

// fitFile says what a file is, or everything that is wrong with it.
func fitFile(input *handInInput, name string) (keptFile, error) {
	body := keptFile{Bytes: len(input.RawBody)}
	if input.Field == extField {
		var fields problem.Fields
		if _, err := rollout.ReadExts(input.RawBody); err != nil {
			fields.Add(extField, "%s", words.OfError(err))
		}
		body.Kind = "jsonl"
		return body, fields.Err()
	}
	file := rules.File{Field: name, Content: input.RawBody}
	_, body.Kind = file.Kind()
	body.Width, body.Height = file.PictureSize()
	return body, unfitFile(input.Field, file)
}

// extField is what a rollout's file of configurations is handed in for.
const extField = "rollout.ext"

// fileField returns Alipay's name of a field of an order that takes a file.
func fileField(field string) (string, bool) {
	if field == extField {
		return "", true
	}
	if field == "create.license_pic" {
		return "license_pic", true
	}
	name, found := strings.CutPrefix(field, "submission.files.")
	return name, found && parameterName.MatchString(name)
}

// unfitFile names everything that is wrong with a file, because a designer corrects it once.
func unfitFile(field string, file rules.File) error {
	var wrong []problem.FieldProblem
	for _, broken := range rules.CheckFile(file) {
		wrong = append(wrong, problem.FieldProblem{Field: field, Message: words.Sentence(broken.Message)})
	}
	if wrong == nil {
		return nil
	}
	return problem.Invalid(wrong)
}

// startNaming starts an order once its files are kept for it. The same order again needs none: they
// may be gone because it has ended.
func (a *API) startNaming(ctx context.Context, d draft, request order.Request) (*orderOutput, error) {
	named := filesOfCreate(d.create)
	maps.Copy(named, filesOfSubmission(d.submission))
	var fields problem.Fields
	if err := a.nameFiles(ctx, OrderPath{request.AppID, request.OutOrderNo}, false, named, &fields); err != nil {
		return nil, err
	}
	missing := fields.Err()
	if missing == nil {
		return a.startOrder(ctx, request)
	}
	output, err := a.startedBefore(ctx, request)
	var refused *problem.Problem
	if errors.As(err, &refused) && refused.HasKind(problem.OrderUnknown) {
		return nil, missing
	}
	return output, err
}

// nameFiles records that an order names files by their SHA-256 alone, and reports the field of each
// that it can't name. Where other fields are bad the order is not told of any, so nothing is kept.
func (a *API) nameFiles(ctx context.Context, path OrderPath, runs bool, files map[string]string, fields *problem.Fields) error {
	if !fields.Empty() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	for _, field := range slices.Sorted(maps.Keys(files)) {
		if a.config.Files == nil {
			fields.Add(field, "give its url too: this Miniflow has no files.store that files could be handed in to")
			continue
		}
		named, err := a.config.Files.Name(ctx, path.AppID, files[field], path.OutOrderNo, runs)
		if err != nil {
			return storeProblem(err)
		}
		if !named {
			fields.Add(field+".sha256", "hand it in with POST /v1/files first, or again: no file with this SHA-256 can be named (any more)")
		}
	}
	return nil
}

func storeProblem(err error) *problem.Problem {
	return problem.Of(problem.FileStoreUnwell).After(againSoon).Because(err)
}

// filesOfCreate returns the SHA-256 of each file that a create block names by it alone, by field.
func filesOfCreate(block []byte) map[string]string {
	var create struct {
		License order.FileRef `json:"license_pic"`
	}
	// A block that can't be read was refused, and a trial's may have another license_pic.
	_ = json.Unmarshal(block, &create)
	return handedIn(map[string]order.FileRef{"create.license_pic": create.License})
}

// filesOfSubmission is the same for a submission.
func filesOfSubmission(block []byte) map[string]string {
	var submission order.SubmissionBlock
	_ = json.Unmarshal(block, &submission) // one that can't be read was refused
	named := make(map[string]order.FileRef, len(submission.Files))
	for name, file := range submission.Files {
		named["submission.files."+name] = file
	}
	return handedIn(named)
}

func handedIn(named map[string]order.FileRef) map[string]string {
	files := map[string]string{}
	for field, file := range named {
		if file.URL == "" && file.SHA256 != "" {
			files[field] = strings.ToLower(file.SHA256)
		}
	}
	return files
}
