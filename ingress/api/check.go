package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/rules"
	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/strict"
	"miniflow/order"
	"miniflow/words"
)

// Checks is what only Alipay knows of an order before it is sent; *gateway.Client implements it. Nothing
// is changed or reserved by it.
type Checks interface {
	CheckName(ctx context.Context, token alipay.Secret, name string) (gateway.NameCheck, error)
	CategoryPapers(ctx context.Context, codes ...string) ([]gateway.CategoryPapers, error)
}

// orderCheck is a type of its own, because the description names schemas by it.
type orderCheck struct {
	Problems []problem.FieldProblem `json:"problems" doc:"What POST /v1/orders would refuse, and what Alipay has said that it will: what to do about each field."`
	Advice   []problem.FieldProblem `json:"advice" doc:"What is only likely to be wrong: members that are not known, and papers that a release may have brought before."`
	Papers   []categoryPapers       `json:"papers" doc:"What each category of submission.mini_category_ids requires, as a list that can be sent to the merchant; empty where Alipay was not asked."`
}

type categoryPapers struct {
	Category     string          `json:"category" doc:"Its code, as in mini_category_ids." example:"XS1001_XS2001"`
	Name         string          `json:"name" doc:"Alipay's name of it." example:"餐饮_快餐"`
	Requirements string          `json:"requirements" doc:"In Alipay's words; empty where it says nothing more." example:"须提供食品经营许可证"`
	Papers       []requiredPaper `json:"papers" doc:"Which papers; empty where it requires none."`
}

type requiredPaper struct {
	Field string     `json:"field" doc:"Where it belongs in the order." example:"submission.files.first_license_pic"`
	Name  words.Text `json:"name" doc:"What a merchant calls it." example:"the business licence, as a picture"`
	Given bool       `json:"given" doc:"Whether the order names it." example:"false"`
}

type checkInput struct {
	Offline bool `query:"offline" doc:"Ask Alipay nothing: neither whether the name is free nor which papers the categories require."`
	RawBody []byte
}

type checkOutput struct{ Body orderCheck }

// routeCheck registers the check of an order that is not sent yet.
func (a *API) routeCheck(calls huma.API) {
	bodies := strict.NewReader[startBody](a.schemas)
	operation := call(a, calls, APIScopeWrite, huma.Operation{
		OperationID: "check-order", Method: http.MethodPost, Path: "/v1/orders/check", Summary: "Check an order before it is sent", Tags: []string{"orders"},
		Description: "The body of POST /v1/orders. Nothing is started. It says what would be refused, whether Alipay takes the name, and which papers each category requires.",
	}, a.check(bodies))
	describeBody(operation, bodies.Schema)
}

// check handles POST /v1/orders/check.
func (a *API) check(bodies strict.Reader[startBody]) func(context.Context, *checkInput) (*checkOutput, error) {
	return func(ctx context.Context, input *checkInput) (*checkOutput, error) {
		var fields problem.Fields
		body, err := bodies.Read(input.RawBody, &fields)
		if err != nil {
			return nil, err
		}
		if err := a.startFor(ctx, "app_id", body.AppID, &fields); err != nil {
			return nil, err
		}
		a.draftOf(body, &fields)
		checked := &orderCheck{Problems: []problem.FieldProblem{}, Papers: []categoryPapers{}}
		var wrong *problem.Problem
		if errors.As(fields.Err(), &wrong) {
			checked.Problems = append(checked.Problems, wrong.Errors...)
		}
		checked.Advice = append([]problem.FieldProblem{}, body.warnings()...)
		if asks := a.apps[body.AppID].Checks; asks != nil && !input.Offline {
			if err := checked.ask(ctx, asks, input.RawBody); err != nil {
				return nil, alipayProblem(err, "check the order", "or ask with offline=true")
			}
		}
		return &checkOutput{Body: *checked}, nil
	}
}

// checkable is what is asked about. What is no text, or no file, was refused already.
type checkable struct {
	Kind   order.Kind `json:"kind"`
	Create struct {
		Name string `json:"app_name"`
	} `json:"create"`
	Submission struct {
		Categories string                     `json:"mini_category_ids"`
		Files      map[string]json.RawMessage `json:"files"`
	} `json:"submission"`
}

const (
	fieldName       = "create.app_name"
	fieldCategories = "submission.mini_category_ids"
	fieldFiles      = "submission.files."
)

// ask asks Alipay about what may be right; a field that is refused is not asked about.
func (c *orderCheck) ask(ctx context.Context, asks Checks, body []byte) error {
	var o checkable
	if json.Unmarshal(body, &o) != nil {
		return nil
	}
	if len(rules.CheckName(o.Create.Name)) == 0 && !c.refuses(fieldName) {
		answer, err := asks.CheckName(ctx, "", o.Create.Name)
		if err != nil {
			return err
		}
		if !answer.Usable() {
			c.Problems = append(c.Problems, problem.FieldProblem{Field: fieldName, Message: takenName(answer)})
		}
	}
	if o.Submission.Categories == "" || c.refuses(fieldCategories) {
		return nil
	}
	return c.askPapers(ctx, asks, o)
}

func takenName(answer gateway.NameCheck) words.Text {
	if answer.Memo == "" {
		return words.New("choose another name: Alipay answers %s", answer.Code)
	}
	return words.New("choose another name: Alipay answers %s (%s)", answer.Code, answer.Memo)
}

func (c *orderCheck) refuses(field string) bool {
	return slices.ContainsFunc(c.Problems, func(one problem.FieldProblem) bool { return one.Field == field })
}

func (c *orderCheck) askPapers(ctx context.Context, asks Checks, o checkable) error {
	codes := strings.Split(o.Submission.Categories, ";")
	known := map[string]gateway.CategoryPapers{}
	for some := range slices.Chunk(codes, gateway.MaxCategories) {
		found, err := asks.CategoryPapers(ctx, some...)
		if err != nil {
			return err
		}
		for _, one := range found {
			known[one.Code] = one
		}
	}
	for _, code := range codes {
		found, there := known[code]
		if !there {
			c.Problems = append(c.Problems, problem.FieldProblem{Field: fieldCategories, Message: words.New("choose another category: Alipay knows no %s", code)})
			continue
		}
		c.require(found, o)
	}
	return nil
}

// require lists what a category requires, and says once of a paper that it is missing: a release may
// leave out what its mini program has brought before.
func (c *orderCheck) require(found gateway.CategoryPapers, o checkable) {
	listed := categoryPapers{Category: found.Code, Name: found.Name, Requirements: found.Requirements, Papers: []requiredPaper{}}
	for _, one := range found.Papers() {
		_, given := o.Submission.Files[one.File]
		field := fieldFiles + one.File
		listed.Papers = append(listed.Papers, requiredPaper{Field: field, Name: words.Sentence(one.Name), Given: given})
		missing := problem.FieldProblem{Field: field, Message: words.New("add it: the category %s requires it", found.Name)}
		switch {
		case given || c.refuses(field):
		case o.Kind == order.KindRelease:
			c.Advice = append(c.Advice, missing)
		default:
			c.Problems = append(c.Problems, missing)
		}
	}
	c.Papers = append(c.Papers, listed)
}
