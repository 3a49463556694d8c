package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/strict"
	"miniflow/internal/audit"
	"miniflow/order"
)

type apiRecord struct {
	key   string
	cause error
	// hidden is set where something was answered as unknown because it is another merchant's.
	hidden bool
	// trail is what the audit log gets of the request, kind the problem that it ends with; recorded is
	// whether it was written already.
	trail    audit.Entry
	kind     problem.Kind
	recorded bool
}

type apiRecordKey struct{}

// recordOf returns the record of the request; outside a request, one that is never written,
// so that callers need no check.
func recordOf(ctx context.Context) *apiRecord {
	if record, ok := ctx.Value(apiRecordKey{}).(*apiRecord); ok {
		return record
	}
	return &apiRecord{}
}

// logCaller names the API key of a request in the log. It avoids the word key, because the
// log's redaction would hide the name as if it were one.
const logCaller = "caller"

// keepRecord writes one record for each request: the route's pattern, never the path, the
// query or the body, because those may be secret or personal.
func (a *API) keepRecord(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		record, began := &apiRecord{}, a.config.Now()
		answer := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		r = r.WithContext(context.WithValue(r.Context(), apiRecordKey{}, record))
		next.ServeHTTP(answer, r)
		attributes := []slog.Attr{
			slog.String("method", knownMethod(r.Method)), slog.String("route", chi.RouteContext(r.Context()).RoutePattern()),
			slog.Int("status", answer.Status()), slog.String(logCaller, record.key),
			slog.Duration("duration", a.config.Now().Sub(began)),
		}
		level := slog.LevelInfo
		if record.cause != nil && answer.Status() >= http.StatusInternalServerError {
			level = slog.LevelError
			attributes = append(attributes, slog.String("error", record.cause.Error()))
		}
		a.config.Log.LogAttrs(r.Context(), level, "api request", attributes...)
	})
}

// knownMethod replaces methods that a client invented, because it could write anything into
// the log.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodHead, http.MethodOptions, http.MethodPatch:
		return method
	default:
		return "other"
	}
}

// secureHeaders keeps answers out of caches and prevents browsers from guessing their type,
// because audit reasons are other people's text.
func secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// surviveFailures answers 500 when a handler panicked. The panic's value is not shown,
// because it may contain anything.
func (a *API) surviveFailures(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if failure := recover(); failure != nil {
				a.config.Log.ErrorContext(r.Context(), "a handler of the REST API failed", "stack", string(debug.Stack()))
				if answer, ok := w.(middleware.WrapResponseWriter); !ok || answer.Status() == 0 {
					problem.New(problem.Failed, "Miniflow failed; the log of this process says where").Write(w)
				}
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// refuseMethod names the methods that the path supports, because RFC 9110 requires it.
func refuseMethod(router chi.Routes, w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut} {
		if router.Match(chi.NewRouteContext(), method, r.URL.Path) {
			allowed = append(allowed, method)
		}
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	problem.New(problem.MethodNotAllowed, "this path takes %s; /docs lists every call", strings.Join(allowed, " and ")).Write(w)
}

// takeBody reads the whole body before any other code sees it, so that its type, its length
// and the time it takes are bounded in one place.
func (a *API) takeBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			next.ServeHTTP(w, r)
			return
		}
		body, refused := a.readWhole(w, r)
		if refused != nil {
			recordOf(r.Context()).cause = refused.Unwrap()
			refused.Write(w)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// bodyRule is what a body may be.
type bodyRule struct {
	most   int64
	within time.Duration
	json   bool
}

// bodyRule returns the rule for a call: JSON, and a file in the one call that takes files.
func (a *API) bodyRule(r *http.Request) bodyRule {
	if r.URL.Path == filesPath {
		return bodyRule{most: a.config.FileBytes, within: fileWithin}
	}
	return bodyRule{most: a.config.BodyBytes, within: bodyWithin, json: true}
}

// readWhole reads at most the limit and one byte, so that a wrong length costs nothing.
func (a *API) readWhole(w http.ResponseWriter, r *http.Request) ([]byte, *problem.Problem) {
	rule := a.bodyRule(r)
	if r.ContentLength > rule.most {
		w.Header().Set("Connection", "close") // otherwise the server would read the rest of the body after all
		return nil, rule.tooLarge()
	}
	// The error is ignored, because a ResponseWriter of a test may have no deadlines; those
	// of net/http do.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(rule.within))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, rule.most))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, rule.tooLarge()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, problem.New(problem.BodyTooSlow, "the body took longer than %v to arrive; send it again", rule.within)
	case err != nil:
		return nil, problem.New(problem.RequestUnreadable, "the body did not arrive whole; send it again").Because(err)
	}
	// A long-poll on the same connection must not inherit the deadline.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	if rule.json && len(body) > 0 && !isJSON(r.Header.Get("Content-Type")) {
		return nil, problem.Of(problem.MediaTypeUnknown)
	}
	return body, nil
}

func (r bodyRule) tooLarge() *problem.Problem {
	if !r.json {
		return problem.New(problem.BodyTooLarge, "the file is larger than %d bytes (files.max_bytes), and Alipay takes no larger one", r.most)
	}
	return problem.New(problem.BodyTooLarge,
		"the body is larger than %d bytes; hand files in with POST /v1/files and name them by sha256", r.most)
}

// isJSON accepts a body without a label as JSON, because this API uses nothing else.
func isJSON(contentType string) bool {
	kind, parameters, err := mime.ParseMediaType(contentType)
	charset := strings.ToLower(parameters["charset"])
	utf8 := charset == "" || charset == "utf-8" || charset == "utf8" // the latter is not a registered name, but clients send it
	return contentType == "" || err == nil && kind == "application/json" && utf8
}

// call registers one operation behind its guard, so that none can be registered without one,
// and returns its description. A handler's error becomes a [problem.Problem]; any other error
// is a failure of ours, which the log shows completely and callers don't see.
func call[I, O any](a *API, calls huma.API, scope Scope, operation huma.Operation, handle func(context.Context, *I) (*O, error)) *huma.Operation {
	operation.Middlewares = huma.Middlewares{a.guard(operation.OperationID, scope)}
	operation.MaxBodyBytes = max(a.config.BodyBytes, a.config.FileBytes) + 1 // takeBody has applied the limits
	operation.Description += "\n\nScope: " + string(scope) + "."
	describeProblems(calls, &operation)
	huma.Register(calls, operation, func(ctx context.Context, input *I) (*O, error) {
		output, err := handle(ctx, input)
		if err == nil {
			recordOf(ctx).noteAfter(output)
			return output, nil
		}
		var refused *problem.Problem
		if !errors.As(err, &refused) {
			refused = problem.New(problem.Failed, "Miniflow failed; the log of this process says why").Because(err)
		}
		recordOf(ctx).cause, recordOf(ctx).kind = refused.Unwrap(), kindOf(refused)
		return nil, refused
	})
	path := calls.OpenAPI().Paths[operation.Path]
	for _, registered := range []*huma.Operation{path.Get, path.Post, path.Put} {
		if registered != nil && registered.OperationID == operation.OperationID {
			return registered
		}
	}
	return &operation
}

// checkReason refuses a reason that is too long for a history.
func checkReason(reason string, fields *problem.Fields) {
	if len(reason) > maxReason {
		fields.Add("reason", "use at most %d bytes; there are %d", maxReason, len(reason))
	}
}

// checkHeader refuses a value that would not be safe in a timeline or a log, where others read
// it.
func checkHeader(name, value string, most int, fields *problem.Fields) {
	if len(value) > most || strict.HasControl(value, false) || problem.FieldName(value) != order.CutText(value, problem.MaxFieldName) {
		fields.Add("header."+name, "use at most %d bytes of UTF-8 without control characters", most)
	}
}
