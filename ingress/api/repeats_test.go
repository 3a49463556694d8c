package api

import (
	"net/http"
	"strings"
	"testing"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"miniflow/order"
)

// keyed calls the API with an Idempotency-Key.
func (s *apiEnv) keyed(as, key, path, body string) *apiAnswer {
	r := s.request(as, "POST", path, body)
	r.Header.Set("Idempotency-Key", key)
	return s.send(r)
}

// remembering adds an order that recognises commands, as workflows.Order does.
func (s *apiEnv) remembering() (carriedOut map[string]string) {
	flow := s.anOrder(order.StageAuditing)
	carriedOut = map[string]string{}
	s.temporal.onUpdate = func(options client.UpdateWorkflowOptions) (any, error) {
		in, _ := options.Args[0].(order.Instruction)
		if before := carriedOut[in.Key]; in.Key != "" && before != "" && before != in.Digest {
			return nil, temporal.NewNonRetryableApplicationError("used", order.KeyReusedType, nil)
		}
		carriedOut[in.Key] = in.Digest
		return flow.view, nil
	}
	return carriedOut
}

// An Idempotency-Key reused with another body was once answered with the first one's answer
// within a run, and carried out after it.
func TestAnIdempotencyKeyUsedForSomethingElseIs422(t *testing.T) {
	env := openAPI(t)
	carriedOut := env.remembering()
	cancel := orderPathOf("A-1") + "/cancel"
	env.keyed(keyAll, "k", cancel, `{"reason":"closed"}`).want(http.StatusOK)
	env.keyed(keyAll, "k", cancel, "{ \"reason\" : \"closed\"\n}").want(http.StatusOK) // the same content in other bytes
	env.keyed(keyAll, "k", cancel, `{"reason":"other"}`).wantFields("header.Idempotency-Key")
	env.keyed(keyAll, "k", orderPathOf("A-1")+"/retry", "").wantFields("header.Idempotency-Key")
	env.keyed(keyAll, "k2", cancel, `{"reason":"other"}`).want(http.StatusOK)
	env.keyed(keyWrite, "k", cancel, `{"reason":"other"}`).want(http.StatusOK) // another caller's k
	if len(carriedOut) != 3 {
		t.Errorf("carried out under %d keys, want 3", len(carriedOut))
	}
	first, again := env.temporal.updates[0].UpdateID, env.temporal.updates[1].UpdateID
	if first != again || strings.Contains(first, "closed") {
		t.Errorf("the same command is the update %q and then %q", first, again)
	}
}

func callerOfKey(text string) *caller {
	key := testKey(text, "*")
	return &caller{name: key.Name, secret: key.Digest[:]}
}

// The digest of a body in a history can't be searched for a telephone number: the same
// command of a caller with another API key has another digest.
func TestADigestOfABodyGivesNothingAway(t *testing.T) {
	const body = `{"create":{"contact_phone":"13800138009"}}`
	one, other := callerOfKey("one"), callerOfKey("two")
	other.name = one.name
	tag, digest, err := repetition(one, "k", "provide-input", []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	otherTag, otherDigest, _ := repetition(other, "k", "provide-input", []byte(body))
	if tag != otherTag || digest == otherDigest {
		t.Errorf("tags %s, %s and digests %s, %s", tag, otherTag, digest, otherDigest)
	}
}

// The order ended in a later run than the one that carried the command out.
func TestARepeatedCommandOnAnOrderThatHasEndedIsKnown(t *testing.T) {
	env := openAPI(t)
	flow := env.anOrder(order.StageCancelled)
	flow.status = enums.WORKFLOW_EXECUTION_STATUS_COMPLETED
	path := orderPathOf("A-1") + "/cancel"
	_, digest, err := repetition(callerOfKey(keyAll), "k", "cancel", []byte(`{"reason":"closed"}`))
	if err != nil {
		t.Fatal(err)
	}
	env.temporal.queryAnswers[order.WorkflowID(apiApp, "A-1")+" "+order.RepeatQuery] = digest
	if got := read[order.View](env.keyed(keyAll, "k", path, `{"reason":"closed"}`).want(http.StatusOK)); got.Stage != order.StageCancelled {
		t.Errorf("answered %+v", got)
	}
	env.keyed(keyAll, "k", path, `{"reason":"other"}`).wantFields("header.Idempotency-Key")
	env.temporal.queryAnswers[order.WorkflowID(apiApp, "A-1")+" "+order.RepeatQuery] = ""
	env.keyed(keyAll, "k", path, `{"reason":"closed"}`).want(http.StatusConflict)
}

func TestAnIdempotencyKeyOfAStartUsedForAnotherOrderIs422(t *testing.T) {
	env := openAPI(t)
	first := body(map[string]any{"out_order_no": nil})
	number := read[order.View](env.keyed(keyAll, "k", "/v1/orders", first).want(http.StatusCreated)).OutOrderNo
	if again := read[order.View](env.keyed(keyAll, "k", "/v1/orders", first).want(http.StatusOK)).OutOrderNo; again != number {
		t.Errorf("the same request made %s and then %s", number, again)
	}
	env.keyed(keyAll, "k", "/v1/orders", body(map[string]any{"out_order_no": nil, "merchant_ref": "another"})).wantFields("header.Idempotency-Key")
	// With a number of its own the number is what is taken.
	env.keyed(keyAll, "k", "/v1/orders", body(map[string]any{"out_order_no": number, "merchant_ref": "another"})).want(http.StatusConflict)
}
