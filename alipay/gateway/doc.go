// Package gateway calls Alipay's gateway. Only a success whose signature holds counts as a
// success; a refusal carries a [miniflow/alipay/gateway/codes.Meaning] with what has to
// happen before the call can succeed; everything else is an unknown result and its error says
// so, because a call whose answer was lost may have been carried out.
package gateway
