package api

import (
	"context"

	"miniflow/alipay/gateway/rules"
	"miniflow/ingress/api/problem"
	"miniflow/order"
)

// certifyBody are the papers of a trial's merchant.
type certifyBody struct {
	Create createBody `json:"create" doc:"The merchant's papers, fields of alipay.open.mini.isv.certify.create but for order_no: alipay_account, cert_name, cert_no, contact_name, contact_phone, legal_personal_name; is_individual and license_pic for an individual business (个体工商户)."`
}

// certify reads the papers, by Alipay's rules for them.
func (a *API) certify(ctx context.Context, path OrderPath, body certifyBody, fields *problem.Fields) (instruction order.Instruction, err error) {
	block := createBlock(rules.CheckCertify, body.Create, nil, fields)
	if instruction.Create, err = a.sealed(block, path.AppID, order.SealCreate); err != nil {
		return instruction, err
	}
	return instruction, a.nameFiles(ctx, path, true, filesOfCreate(block), fields)
}
