package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"miniflow/alipay/gateway/rules"
	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/strict"
	"miniflow/order"
)

// certifyTrialBody are the papers of a trial's merchant, after its order.
type certifyTrialBody struct {
	Create  createBody `json:"create" doc:"The merchant's papers, as certify of an order takes them."`
	OrderNo string     `json:"order_no,omitempty" pattern:"^[0-9A-Za-z_-]{1,64}$" patternDescription:"Alipay's order_no: letters and digits" doc:"Alipay's number of the order that created the trial; needed only where that order ended before Miniflow kept it." example:"2026112000001"`
}

// routeCertify registers how a trial that is online becomes formal.
func (a *API) routeCertify(calls huma.API, path string) {
	bodies := strict.NewReader[certifyTrialBody](a.schemas)
	describeBody(call(a, calls, APIScopeWrite, huma.Operation{
		OperationID: "certify-mini-program", Method: http.MethodPost, Path: path + "/certify", Tags: []string{"mini programs"},
		Summary:     "Hand in the papers by which Alipay makes a trial formal, after its order has ended",
		Description: "alipay.open.mini.isv.certify.create. The papers are kept nowhere: what Alipay refuses is 409, with its code and the fields to correct. certification of the mini program says where it stands from then on, and each change is an event. While an order is in charge, the order's own certify is the way.",
	}, a.certifyMiniProgram(bodies)), bodies.Schema)
}

func (a *API) certifyMiniProgram(bodies strict.Reader[certifyTrialBody]) func(context.Context, *miniProgramCommandInput) (*miniProgramOutput, error) {
	return func(ctx context.Context, input *miniProgramCommandInput) (*miniProgramOutput, error) {
		var fields problem.Fields
		body, err := bodies.Read(input.RawBody, &fields)
		if err != nil {
			return nil, err
		}
		checkHeader("X-Actor", input.Actor, maxActor, &fields)
		checkHeader("Idempotency-Key", input.IdempotencyKey, maxIdempotencyKey, &fields)
		block := createBlock(rules.CheckCertify, body.Create, nil, &fields)
		if err := fields.Err(); err != nil {
			return nil, err
		}
		papers, err := a.sealed(block, input.AppID, order.SealCreate)
		if err != nil {
			return nil, err
		}
		actor := actorOf(ctx, input.Actor)
		return a.commandMiniProgram(ctx, input, order.CertifyUpdate, func(key, digest string) any {
			return order.CertifyInstruction{Actor: actor, Papers: papers, OrderNo: body.OrderNo, Key: key, Digest: digest}
		})
	}
}
