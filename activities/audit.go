package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"go.temporal.io/sdk/temporal"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/alipay/gateway/rules"
	"miniflow/order"
	"miniflow/words"
)

// SubmitAudit puts a version into audit and returns where it then stands.
//
// Repeating it is harmless: every try asks first, and a version that is not in
// development any more is not submitted again.
func (a *Alipay) SubmitAudit(ctx context.Context, call SubmitCall) (VersionAnswer, error) {
	truth, err := a.askBefore(ctx, call.Question)
	if err != nil || truth.Status != VersionInit {
		return truth, refusal(err, "submission")
	}
	fields, files, err := a.submission(ctx, call)
	if err != nil {
		return truth, refusal(err, "submission")
	}
	submit := func(gateway Gateway, token alipay.Secret) error {
		_, err := gateway.ApplyAudit(ctx, token, call.Question.AppVersion, call.Question.BundleID, fields, files)
		return err
	}
	if err = a.act(ctx, call.Question, submit); isPipelineTaken(err) {
		err = a.makeWay(ctx, call, err, submit)
	}
	if err == nil { // what becomes of the submission is the next wait's question
		truth.Status = VersionAuditing
		return truth, nil
	}
	return a.afterwards(ctx, written{call.Question, truth.Status, VersionAuditing, err}, "submission")
}

// submission lays the layers over one another, the last on top, since corrections came later.
// permit_registration_limit_release is for version.online; audit.apply does not know it.
func (a *Alipay) submission(ctx context.Context, call SubmitCall) (map[string]string, []rules.File, error) {
	block := order.SubmissionBlock{Fields: map[string]string{}, Files: map[string]order.FileRef{}}
	for _, layer := range call.Fields {
		plain, err := a.Ring.Open(layer, call.Question.AppID, order.SealSubmission)
		if err != nil {
			return nil, nil, unopened(err, "submission")
		}
		var part order.SubmissionBlock
		if err := json.Unmarshal(plain, &part); err != nil {
			return nil, nil, failed(&Failure{Class: FailureFix, Code: "SUBMISSION_UNREADABLE", Message: words.New("failure.submission"), Fields: []string{"submission"}})
		}
		maps.Copy(block.Fields, part.Fields)
		maps.Copy(block.Files, part.Files)
	}
	for _, name := range append([]string{"permit_registration_limit_release"}, call.Drop...) {
		delete(block.Fields, name)
		delete(block.Files, name)
	}
	files := make([]rules.File, 0, len(block.Files))
	for _, name := range slices.Sorted(maps.Keys(block.Files)) {
		content, err := a.fetch(ctx, call.Question.AppID, "submission.files."+name, block.Files[name])
		if err != nil {
			return nil, nil, err
		}
		files = append(files, rules.File{Field: name, Content: content})
	}
	return block.Fields, files, nil
}

// askBefore asks where a version stands before an act on it. What Alipay does not
// show yet, right after its build, is nothing for a person: the act is tried again.
func (a *Alipay) askBefore(ctx context.Context, question VersionQuestion) (VersionAnswer, error) {
	truth, err := a.askVersion(ctx, question)
	if isQuery(err) {
		return truth, absent(err)
	}
	return truth, err
}

// PutOnline releases a version and returns where it then stands.
//
// Repeating it is harmless: every try asks first, and a version that is online
// is not released again.
func (a *Alipay) PutOnline(ctx context.Context, call ReleaseCall) (VersionAnswer, error) {
	truth, err := a.askBefore(ctx, call.Question)
	if err != nil {
		return truth, refusal(err, "submission")
	}
	switch truth.Status {
	case VersionWaitRelease, VersionBaseAuditPass, VersionGray:
	case VersionInit, VersionAuditing, VersionAuditReject, VersionRelease, VersionOffline, VersionAuditOffline:
		return truth, nil
	default:
		return truth, nil // a status that no table has is shown, not acted on
	}
	err = a.act(ctx, call.Question, func(gateway Gateway, token alipay.Secret) error {
		return gateway.GoOnline(ctx, token, call.Question.AppVersion, call.Question.BundleID, call.Limited)
	})
	if err == nil { // Alipay has said that it is online, and a query a moment later need not show it yet
		truth.Status = VersionRelease
		return truth, nil
	}
	return a.afterwards(ctx, written{call.Question, truth.Status, VersionRelease, err}, "submission")
}

func (a *Alipay) act(ctx context.Context, question VersionQuestion, call func(Gateway, alipay.Secret) error) error {
	return a.withToken(ctx, question.AppID, question.MiniAppID, call)
}

// written is a write that was tried: on which version, where that stood before, where it stands
// when all went well, and what Alipay said. A question afterwards means something only against all
// four.
type written struct {
	question         VersionQuestion
	before, expected VersionStatus
	err              error
}

// afterwards asks where the version stands once a write was accepted, or once
// only a question can say whether it was. What Alipay accepted and does not show
// yet is believed. What Alipay refused because the version is somewhere else by
// now needs no other try; what was refused and left no trace may be tried again.
// A write without an answer stays unknown: what is asked a moment later need not
// show what Alipay is still doing.
func (a *Alipay) afterwards(ctx context.Context, w written, prefix string) (VersionAnswer, error) {
	if w.err != nil && !isQuery(w.err) {
		return VersionAnswer{}, refusal(w.err, prefix)
	}
	truth, err := a.askVersion(ctx, w.question)
	switch {
	case w.err == nil && (err != nil || truth.Status == w.before):
		return VersionAnswer{Status: w.expected}, nil
	case isQuery(err):
		return truth, traceless(err, prefix)
	case err != nil:
		return truth, refusal(err, prefix)
	case w.err != nil && truth.Status == w.before:
		return truth, traceless(w.err, prefix)
	}
	return truth, nil
}

// withToken runs a call with the mini program's token. A token that Alipay
// refuses may have been replaced a moment ago, so a fresh one is tried once.
func (a *Alipay) withToken(ctx context.Context, appID, miniAppID string, call func(Gateway, alipay.Secret) error) error {
	client, err := a.gateway(appID)
	if err != nil {
		return err
	}
	token, err := a.Tokens.Token(ctx, appID, miniAppID)
	if err != nil {
		return noToken(err)
	}
	err = call(client, token.Secret)
	if gateway.ClassOf(err) != codes.ClassAuthorization {
		return err
	}
	fresh, freshErr := a.Tokens.Fresh(ctx, appID, miniAppID)
	if freshErr != nil {
		return noToken(freshErr)
	}
	if fresh.Fingerprint != token.Fingerprint {
		err = call(client, fresh.Secret)
	}
	if gateway.ClassOf(err) == codes.ClassAuthorization {
		return &tokenError{err, fresh.Fingerprint}
	}
	return err
}

// tokenError is a refusal of the token with this fingerprint. By the time that
// anybody looks into it the mini program may have another.
type tokenError struct {
	error
	fingerprint string
}

func (e *tokenError) Unwrap() error { return e.error }

// noToken says why there is no token to call with. An error that is said already
// stays as it is: wrapped, Temporal would take it for one to try again after.
func noToken(err error) error {
	var said *temporal.ApplicationError
	switch {
	case errors.Is(err, ErrNoToken):
		return failed(&Failure{Class: FailureAuthorization, Code: "NO_TOKEN", Message: words.OfError(err)})
	case errors.As(err, &said):
		return err
	}
	return fmt.Errorf("ask for the token: %w", err)
}
