// Package gateway calls Alipay's gateway. Only a success whose signature holds is a
// success; a refusal says in its [miniflow/alipay/gateway/codes.Meaning] what has to
// happen before the call can succeed; everything else leaves the result unknown, and
// the error says so, because a call whose answer was lost may have been carried out.
package gateway
