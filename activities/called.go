package activities

import (
	"miniflow/alipay"
	"miniflow/order"
)

// queries finds by a question's name what it asks Alipay. Left out is what asks several.
var queries = map[string]struct{ name, trial string }{
	AwaitMerchant.Name:      {alipay.MethodQuery, alipay.MethodTrialQuery},
	AwaitCertification.Name: {alipay.MethodQuery, alipay.MethodTrialQuery},
	AwaitBuild.Name:         {name: alipay.MethodBuildQuery},
	AwaitScan.Name:          {name: alipay.MethodVersionDetail},
	AwaitExperience.Name:    {name: alipay.MethodExperienceQuery},
	AwaitAuditResult.Name:   {name: alipay.MethodVersionDetail},
	AwaitChange.Name:        {name: alipay.MethodVersionDetail},
	AwaitRelease.Name:       {name: alipay.MethodVersionDetail},
	AwaitFiling.Name:        {name: alipay.MethodFiling},
	LookAfterEnd.Name:       {alipay.MethodQuery, alipay.MethodTrialQuery},
	CheckToken.Name:         {name: alipay.MethodTokenQuery},
	AwaitRevocation.Name:    {name: alipay.MethodTokenQuery},
}

// CalledBy returns Alipay's own name of what an act does or a question asks in an order of this kind,
// and a call's own name where it is several.
func CalledBy(call string, kind order.Kind) string {
	query, asks := queries[call]
	switch {
	case !asks:
		return MethodOf(call, kind)
	case query.trial != "" && kind == order.KindTrial:
		return query.trial
	}
	return query.name
}
