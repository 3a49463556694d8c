package activities

import (
	"errors"

	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
)

// isQuery reports whether only a question can say what became of a call: an earlier try may have
// done it.
func isQuery(err error) bool {
	var refused *gateway.Error
	return errors.As(err, &refused) && refused.Class == codes.ClassQuery
}

// isRefusedWith reports whether Alipay refused a call with this sub_code.
func isRefusedWith(err error, subCode string) bool {
	var refused *gateway.Error
	return errors.As(err, &refused) && refused.SubCode == subCode
}

func fixOf(err error) codes.AutoFix {
	var refused *gateway.Error
	if !errors.As(err, &refused) {
		return codes.AutoFixNone
	}
	return refused.AutoFix
}
