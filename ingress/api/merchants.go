package api

import (
	"context"
	"slices"
	"strings"

	workflowpb "go.temporal.io/api/workflow/v1"

	"miniflow/order"
	"miniflow/temporalio"
)

// merchants are those whose orders a caller may see. The zero value is all of them.
type merchants struct {
	bounded         bool
	exact, prefixes []string
}

// merchantsOf reads a grant: each is a merchant_ref, or the beginning of several and a *. nil is all.
func merchantsOf(granted []string) merchants {
	if granted == nil || slices.Contains(granted, "*") {
		return merchants{}
	}
	m := merchants{bounded: true}
	for _, one := range granted {
		if prefix, several := strings.CutSuffix(one, "*"); several {
			m.prefixes = append(m.prefixes, prefix)
		} else {
			m.exact = append(m.exact, one)
		}
	}
	// Sorted, so that equal rights make equal queries.
	slices.Sort(m.exact)
	slices.Sort(m.prefixes)
	return m
}

// has reports whether a merchant is one of them. An order without a merchant is nobody's.
func (m merchants) has(ref string) bool {
	begins := func(prefix string) bool { return strings.HasPrefix(ref, prefix) }
	return !m.bounded || ref != "" && (slices.Contains(m.exact, ref) || slices.ContainsFunc(m.prefixes, begins))
}

// theirs keeps the orders of these merchants. A query finds too many where a store ignores the case
// of letters, as SQLite does.
func (m merchants) theirs(rows []*workflowpb.WorkflowExecutionInfo) []*workflowpb.WorkflowExecutionInfo {
	if !m.bounded {
		return rows
	}
	return slices.DeleteFunc(slices.Clone(rows), func(row *workflowpb.WorkflowExecutionInfo) bool { return !m.has(merchantOf(row)) })
}

// merchantOf returns the merchant of an order by its memo, empty where it has none.
func merchantOf(row *workflowpb.WorkflowExecutionInfo) string {
	view, _ := summaryOf[order.View](row)
	return view.MerchantRef
}

// reach is what a list may show: a caller's apps, or the one that is asked for, and merchants.
type reach struct {
	apps      []string
	merchants merchants
}

// reachOf returns what a list may show of one app, or of all of the caller's, so that no list can
// exceed the caller's rights.
func reachOf(ctx context.Context, appID string) (reach, error) {
	apps, err := appsFor(ctx, appID)
	return reach{apps, callerOf(ctx).merchants}, err
}

// orders returns a query for the orders within reach.
func (r reach) orders() *temporalio.Query {
	query := temporalio.NewQuery(order.WorkflowType, r.apps...)
	if r.merchants.bounded {
		query.OneOfOrBegins(order.AttributeMerchantRef, r.merchants.exact, r.merchants.prefixes)
	}
	return query
}
