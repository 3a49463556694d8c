package problem

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"miniflow/internal/harmless"
	"miniflow/order"
	"miniflow/words"
)

// Problem is an error of the REST API: application/problem+json of RFC 9457. Neither it nor
// its log line contains a value that the caller sent, because that may be a token or
// personal; it contains only names.
type Problem struct {
	// Type names the kind, by which a program decides what to do; see [Kind.URI].
	Type URI `json:"type" format:"uri-reference" doc:"The kind of problem, which never changes; a page of this server says more about it."`
	// Title is the kind in words, the same for every problem of that kind, because RFC 9457
	// requires it.
	Title  words.Text `json:"title" doc:"The kind in words."`
	Status int        `json:"status" doc:"The HTTP status."`
	// Detail is what is wrong and what to do instead, because a caller's developer sees
	// nothing else.
	Detail words.Text `json:"detail" doc:"What is wrong and what to do instead."`
	// Errors names every bad field; set only with status 422, because other problems are not
	// about fields.
	Errors []FieldProblem `json:"errors,omitempty" doc:"Every bad field."`

	// wait is sent as Retry-After, for problems that pass by themselves, so that clients need
	// no guess.
	wait time.Duration
	// cause is only for the log, because it may name things inside this process.
	cause error
}

// FieldProblem is one bad field of a request, separate so that a form can show it next to its
// input.
type FieldProblem struct {
	// Field is its path in the body, such as submission.files.app_logo, or query.limit,
	// path.app_id, header.X-Actor, so that a client can map it to its own input.
	Field string `json:"field" doc:"Where: a path in the body such as submission.version_desc, or query.limit, header.X-Actor."`
	// Message is what to do about it, rather than what is wrong, because the reader has to
	// correct it.
	Message words.Text `json:"message" doc:"What to do about it."`
}

const (
	// MediaType is that of a [Problem], by which clients distinguish it from an answer of a
	// proxy.
	MediaType = "application/problem+json"
	// MaxFieldProblems bounds the answer to a body that is wrong everywhere, because its
	// author chooses how many fields there are.
	MaxFieldProblems = 64
	// MaxFieldName bounds a field's path, because it may be the caller's own invention.
	MaxFieldName = 160
)

// New returns a problem of a kind with a sentence about this very request: what is wrong and
// what to do instead. The sentence is a pattern in English, by which the catalogue has it; a text of
// an argument's is said in the caller's language too.
func New(kind Kind, detail string, args ...any) *Problem {
	meaning := kind.explained()
	return &Problem{Type: meaning.kind.URI(), Title: words.Sentence(meaning.title), Status: meaning.status, Detail: said(detail, args)}
}

// said takes an argument that is a sentence for one: a constant that several problems name.
func said(pattern string, args []any) words.Text {
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			args[i] = words.Sentence(text)
		}
	}
	return words.New(pattern, args...)
}

// ofStatus returns a problem that the framework found. Of a status that it is not known to use,
// the type says what RFC 9457 has for it: nothing but the status is meant.
func ofStatus(status int, detail string, args ...any) *Problem {
	if kind, known := ofFramework[status]; known {
		return New(kind, detail, args...)
	}
	return &Problem{Type: blank, Title: words.Plain(http.StatusText(status)), Status: status, Detail: said(detail, args)}
}

// Of returns a problem of a kind about which there is nothing to say but what is always true.
func Of(kind Kind) *Problem { return New(kind, "%s", kind.About()) }

// HasKind reports whether the problem is of a kind.
func (p *Problem) HasKind(kind Kind) bool { return p.Type == kind.URI() }

// Invalid returns the 422 that names every bad field, so that a caller corrects them in one
// go.
func Invalid(fields []FieldProblem) *Problem {
	p := Of(FieldsInvalid)
	p.Errors = fields[:min(len(fields), MaxFieldProblems)]
	return p
}

// Bad returns the 422 for one field, with what to do about it as [New] takes it.
func Bad(field, message string, args ...any) *Problem {
	return Invalid([]FieldProblem{{Field: field, Message: said(message, args)}})
}

// After sets when the caller may try again, so that clients need no guess.
func (p *Problem) After(wait time.Duration) *Problem {
	p.wait = wait
	return p
}

// Because sets the cause for the log, because an operator needs more than a caller may see.
func (p *Problem) Because(err error) *Problem {
	p.cause = err
	return p
}

// Error returns only the detail, because a cause must not reach a caller by accident.
func (p *Problem) Error() string { return p.Detail.String() }

// Unwrap returns the cause, so that the log can show it; callers never see it.
func (p *Problem) Unwrap() error { return p.cause }

// GetStatus returns the HTTP status, because the framework recognises its errors by it.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType returns that of a problem, whatever was negotiated, because clients parse
// errors by it.
func (p *Problem) ContentType(string) string { return MediaType }

// GetHeaders returns Retry-After and WWW-Authenticate, because the framework takes headers
// only from here.
func (p *Problem) GetHeaders() http.Header {
	headers := http.Header{}
	if p.wait > 0 {
		seconds := max(1, int64((p.wait+time.Second-1)/time.Second))
		headers.Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	if p.Status == http.StatusUnauthorized {
		headers.Set("WWW-Authenticate", `Bearer realm="miniflow"`)
	}
	return headers
}

// Write sends the problem from middleware, because the framework only does so for operations. It
// speaks the answer's Content-Language.
func (p *Problem) Write(w http.ResponseWriter) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", MediaType)
	w.WriteHeader(p.Status)
	language := words.Language(w.Header().Get("Content-Language"))
	// The error is ignored, because a write fails only for a client that has disconnected.
	_ = json.NewEncoder(w).Encode(words.Rendered(language, p))
}

// FromFramework turns the framework's errors about parameters into a [Problem]. It leaves out
// the values, which the framework would repeat.
func FromFramework(_ huma.Context, _ string, body any) (any, error) {
	model, ok := body.(*huma.ErrorModel)
	if !ok {
		return body, nil
	}
	if len(model.Errors) == 0 || model.Status != http.StatusUnprocessableEntity {
		return ofStatus(model.Status, "the request can't be used: %s; /docs describes every call", model.Detail), nil
	}
	fields := make([]FieldProblem, 0, len(model.Errors))
	for _, detail := range model.Errors {
		fields = append(fields, FieldProblem{Field: FieldName(detail.Location), Message: words.Sentence(detail.Message)})
	}
	return Invalid(fields), nil
}

// Fields collects bad fields, each with the first error about it, so that a caller corrects
// all of them in one go. The zero value is empty and ready.
type Fields struct{ fields []FieldProblem }

// Add records a bad field. Only the first error about a field is kept, because the later ones
// mostly follow from it.
func (l *Fields) Add(field, message string, args ...any) {
	field = FieldName(field)
	known := slices.ContainsFunc(l.fields, func(bad FieldProblem) bool { return bad.Field == field })
	if !known && len(l.fields) < MaxFieldProblems {
		l.fields = append(l.fields, FieldProblem{Field: field, Message: said(message, args)})
	}
}

// Empty reports whether all fields are good, so that a caller can skip checks that rely on
// them.
func (l *Fields) Empty() bool { return len(l.fields) == 0 }

// Err returns the problem, nil when all fields are good. It is an error and not a *Problem,
// so that nil stays nil.
func (l *Fields) Err() error {
	if l.Empty() {
		return nil
	}
	slices.SortStableFunc(l.fields, func(a, b FieldProblem) int { return cmp.Compare(a.Field, b.Field) })
	return Invalid(l.fields)
}

// FieldName makes a name safe for an answer and for a log line, because the caller may have
// invented it.
func FieldName(name string) string {
	return order.CutText(harmless.Line(name, '?'), MaxFieldName)
}
