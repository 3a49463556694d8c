package api

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"go.temporal.io/sdk/temporal"

	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/strict"
	"miniflow/order"
	"miniflow/words"
)

// repetition returns what identifies a repeated command: whose Idempotency-Key it is, and
// what was requested. Both end up in histories, so neither reveals its source: a body may
// contain a telephone number, which a bare hash would not hide. So the request is hashed with
// the caller's secret, the digest of an API key, which no history contains.
func repetition(by *caller, key, command string, body []byte) (tag, digest string, _ error) {
	const length = 16
	if len(body) == 0 {
		body = []byte("{}")
	}
	var unused problem.Fields
	tree, err := strict.ReadTree(body, &unused)
	if err != nil {
		return "", "", strict.Unreadable(err)
	}
	asked, err := strict.Canonical(tree)
	if err != nil {
		return "", "", err
	}
	tagged := sha256.Sum256([]byte("miniflow command\x00" + by.name + "\x00" + key))
	hash := hmac.New(sha256.New, by.secret)
	hash.Write([]byte(command + "\x00" + key + "\x00"))
	hash.Write(asked)
	return hex.EncodeToString(tagged[:length]), hex.EncodeToString(hash.Sum(nil)[:length]), nil
}

// keyReused reports whether an order refused a command because its key was used for another
// one.
func keyReused(err error) bool {
	var refused *temporal.ApplicationError
	return errors.As(err, &refused) && refused.Type() == order.KeyReusedType
}

func reusedKey() *problem.Problem {
	p := problem.Of(problem.KeyReused)
	p.Errors = []problem.FieldProblem{{Field: "header.Idempotency-Key", Message: words.Sentence(problem.KeyReused.About())}}
	return p
}

// repeated checks whether an order that accepts no updates any more carried this one out
// before it ended, so that a repetition gets its answer. cause is the error where it did not.
func (a *API) repeated(ctx context.Context, workflowID string, instruction order.Instruction, cause error) (order.View, error) {
	asking, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	digest, err := ask[string](asking, a.config.Temporal, workflowID, "", order.RepeatQuery, instruction.Key)
	switch {
	case err != nil || digest == "":
		return order.View{}, cause
	case digest != instruction.Digest:
		return order.View{}, reusedKey()
	}
	return a.view(ctx, workflowID, "", answerWithin)
}
