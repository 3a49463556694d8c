package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"miniflow/ingress/api/problem"
)

type pictureInput struct {
	AppID  string `path:"app_id" maxLength:"64" doc:"The third-party application."`
	SHA256 string `path:"sha256" pattern:"^[0-9a-f]{64}$" doc:"As copies of an audit's reasons name it."`
}

// pictureOutput says to browsers what somebody else's bytes are, and that they are nothing more: a
// page of their own that runs nothing.
type pictureOutput struct {
	ContentType        string `header:"Content-Type"`
	ContentDisposition string `header:"Content-Disposition"`
	SecurityPolicy     string `header:"Content-Security-Policy"`
	Body               []byte
}

func (a *API) routePictures(calls huma.API) {
	operation := call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "get-file", Method: http.MethodGet, Path: "/v1/files/{app_id}/{sha256}", Summary: "See a reviewer's picture",
		Description: "The copy of a picture that reviewers have attached to a rejection. It is kept for as long as Temporal knows the order. " +
			"404: there is none, or it is a file that was handed in, which nobody gets back.",
		Tags: []string{"orders"},
	}, a.picture)
	picture := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	operation.Responses["200"].Content = map[string]*huma.MediaType{"image/png": picture, "image/jpeg": picture}
}

func (a *API) picture(ctx context.Context, input *pictureInput) (*pictureOutput, error) {
	if a.config.Files == nil {
		return nil, problem.Of(problem.FileStoreMissing)
	}
	ctx, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	content, found, err := a.config.Files.Shown(ctx, input.AppID, input.SHA256)
	if err != nil {
		return nil, storeProblem(err)
	}
	kind := http.DetectContentType(content)
	if !found || kind != "image/png" && kind != "image/jpeg" {
		return nil, problem.Of(problem.FileUnknown)
	}
	return &pictureOutput{ContentType: kind, ContentDisposition: "inline", SecurityPolicy: "default-src 'none'; sandbox", Body: content}, nil
}
