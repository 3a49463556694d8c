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
func (s *apiStand) keyed(as, key, path, body string) *apiAnswer {
	r := s.request(as, "POST", path, body)
	r.Header.Set("Idempotency-Key", key)
	return s.send(r)
}

// remembering is an order that knows commands again, as workflows.Order does.
func (s *apiStand) remembering() (carriedOut map[string]string) {
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

// An Idempotency-Key used again with another body was answered with the first one's
// answer within a run, and carried out after it.
func TestAnIdempotencyKeyUsedForSomethingElseIs422(t *testing.T) {
	stand := openAPI(t)
	carriedOut := stand.remembering()
	cancel := orderPathOf("A-1") + "/cancel"
	stand.keyed(keyAll, "k", cancel, `{"reason":"closed"}`).want(http.StatusOK)
	stand.keyed(keyAll, "k", cancel, "{ \"reason\" : \"closed\"\n}").want(http.StatusOK) // the same in other bytes
	stand.keyed(keyAll, "k", cancel, `{"reason":"other"}`).wantFields("header.Idempotency-Key")
	stand.keyed(keyAll, "k", orderPathOf("A-1")+"/retry", "").wantFields("header.Idempotency-Key")
	stand.keyed(keyAll, "k2", cancel, `{"reason":"other"}`).want(http.StatusOK)
	stand.keyed(keyWrite, "k", cancel, `{"reason":"other"}`).want(http.StatusOK) // another caller's k
	if len(carriedOut) != 3 {
		t.Errorf("carried out under %d keys, want 3", len(carriedOut))
	}
	first, again := stand.temporal.updates[0].UpdateID, stand.temporal.updates[1].UpdateID
	if first != again || strings.Contains(first, "closed") {
		t.Errorf("the same command is the update %q and then %q", first, again)
	}
}

// What a history keeps of a body can't be searched for a telephone number: the same
// command of a caller with another API key looks different.
func TestADigestOfABodyGivesNothingAway(t *testing.T) {
	const body = `{"create":{"contact_phone":"13800138009"}}`
	one, other := &caller{Key: testKey("one", "*")}, &caller{Key: testKey("two", "*")}
	other.Name = one.Name
	tag, digest, err := repetition(one, "k", "provide-input", []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	otherTag, otherDigest, _ := repetition(other, "k", "provide-input", []byte(body))
	if tag != otherTag || digest == otherDigest {
		t.Errorf("tags %s, %s and digests %s, %s", tag, otherTag, digest, otherDigest)
	}
}

// The order ended in a later run than the command was carried out in.
func TestARepeatedCommandOnAnOrderThatHasEndedIsKnown(t *testing.T) {
	stand := openAPI(t)
	flow := stand.anOrder(order.StageCancelled)
	flow.status = enums.WORKFLOW_EXECUTION_STATUS_COMPLETED
	path := orderPathOf("A-1") + "/cancel"
	_, digest, err := repetition(&caller{Key: testKey(keyAll, "*")}, "k", "cancel", []byte(`{"reason":"closed"}`))
	if err != nil {
		t.Fatal(err)
	}
	stand.temporal.queryAnswers[order.WorkflowID(apiApp, "A-1")+" "+order.RepeatQuery] = digest
	if got := read[order.View](stand.keyed(keyAll, "k", path, `{"reason":"closed"}`).want(http.StatusOK)); got.Stage != order.StageCancelled {
		t.Errorf("answered %+v", got)
	}
	stand.keyed(keyAll, "k", path, `{"reason":"other"}`).wantFields("header.Idempotency-Key")
	stand.temporal.queryAnswers[order.WorkflowID(apiApp, "A-1")+" "+order.RepeatQuery] = ""
	stand.keyed(keyAll, "k", path, `{"reason":"closed"}`).want(http.StatusConflict)
}

func TestAnIdempotencyKeyOfAStartUsedForAnotherOrderIs422(t *testing.T) {
	stand := openAPI(t)
	first := body(map[string]any{"out_order_no": nil})
	number := read[order.View](stand.keyed(keyAll, "k", "/v1/orders", first).want(http.StatusCreated)).OutOrderNo
	if again := read[order.View](stand.keyed(keyAll, "k", "/v1/orders", first).want(http.StatusOK)).OutOrderNo; again != number {
		t.Errorf("the same request made %s and then %s", number, again)
	}
	stand.keyed(keyAll, "k", "/v1/orders", body(map[string]any{"out_order_no": nil, "merchant_ref": "another"})).wantFields("header.Idempotency-Key")
	// With a number of its own it is the number that is taken.
	stand.keyed(keyAll, "k", "/v1/orders", body(map[string]any{"out_order_no": number, "merchant_ref": "another"})).want(http.StatusConflict)
}
