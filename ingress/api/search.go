package api

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"miniflow/ingress/api/problem"
	"miniflow/order"
	"miniflow/temporalio"
)

// searchRounds bounds the lists of one search. More are needed only where a store's idea of a beginning
// is so wide that whole pages are dropped here; the cursor then leads on.
const searchRounds = 24

// searched are the attributes that a search looks at, the most telling first, and which characters
// their values consist of: what can't be one is not asked for.
var searched = []struct {
	attribute string
	plain     string
}{
	{order.AttributeOutOrderNo, "_-"},
	{order.AttributeMiniAppID, ""},
	{order.AttributeMerchantRef, anything},
	{order.AttributeShopName, anything},
}

const anything = "anything"

// beginning is how the value of an attribute may begin.
type beginning struct{ attribute, text string }

func (b beginning) of(row *workflowpb.WorkflowExecutionInfo) bool {
	value, _ := temporalio.Attribute[string](row, b.attribute)
	return strings.HasPrefix(value, b.text)
}

func (b beginning) exactly(row *workflowpb.WorkflowExecutionInfo) bool {
	value, _ := temporalio.Attribute[string](row, b.attribute)
	return value == b.text
}

// beginnings are everything that q finds. Stores differ in whether they tell capital letters from
// small ones, so what is found is compared again here, and these are the spellings that are found
// everywhere: as typed, all small, all capital, and the first one capital.
func beginnings(q string) (all []beginning) {
	if strings.ContainsAny(q, `'"\?`) || strings.ContainsFunc(q, unicode.IsControl) {
		return nil // no value contains one, and see temporalio.Quote
	}
	small := strings.ToLower(q)
	first, length := utf8.DecodeRuneInString(small)
	for _, field := range searched {
		for _, text := range []string{q, small, strings.ToUpper(q), string(unicode.ToUpper(first)) + small[length:]} {
			one := beginning{field.attribute, text}
			if (field.plain == anything || isPlain(text, field.plain)) && !slices.Contains(all, one) {
				all = append(all, one)
			}
		}
	}
	return all
}

func isPlain(text, also string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(also, r)
	})
}

// lookup is one list of a search.
type lookup struct {
	condition string
	finds     []beginning
}

// lookups are the lists that find all beginnings. SQLite knows no index for STARTS_WITH, nor for two
// conditions with OR between them, and reads every row; but it compares texts byte by byte, so that a
// beginning is a range of its index, and a list of each takes a fraction of the time. Other stores
// compare as their language sorts, where such a range may miss something, and read every row quickly.
func lookups(all []beginning, byBytes bool) (lists []lookup) {
	if byBytes {
		const last = "\U0010FFFF"
		for _, one := range all {
			condition := "(" + one.attribute + " >= " + temporalio.Quote(one.text) + " AND " + one.attribute + " < " + temporalio.Quote(one.text+last) + ")"
			lists = append(lists, lookup{condition, []beginning{one}})
		}
		return lists
	}
	var conditions []string
	for _, one := range all {
		conditions = append(conditions, one.attribute+" STARTS_WITH "+temporalio.Quote(one.text))
	}
	if len(conditions) > 0 {
		lists = []lookup{{"(" + strings.Join(conditions, " OR ") + ")", all}}
	}
	return lists
}

// listFound handles GET /v1/orders?q=: the orders that have a number or a name that begins so.
func (a *API) listFound(ctx context.Context, input *listOrdersInput, within reach, since time.Time) (*listOrdersOutput, error) {
	if input.Sort != "" || input.ChangedSince != "" {
		return nil, problem.Bad("query.q", "finds in an order of its own: leave sort and changed_since out")
	}
	all := beginnings(input.Q)
	s := search{api: a, lists: lookups(all, a.store.comparesBytes(ctx, a.config.Temporal)), size: input.size()}
	s.query = func() *temporalio.Query { return input.query(within, since) }
	filter := s.query().String() + " q " + input.Q
	at, err := readCursorOf(input.Cursor, filter, len(s.lists))
	if err != nil {
		return nil, err
	}
	rows, next, err := s.page(ctx, at)
	if err != nil {
		return nil, err
	}
	if rows, err = a.currentRuns(ctx, within.merchants.theirs(rows)); err != nil {
		return nil, err
	}
	bestFirst(rows, all)
	listed := orderList{Orders: []order.View{}, NextCursor: next.write(filter)}
	for _, row := range rows {
		if view, ok := a.row(row); ok && !view.CreatedAt.Before(since) {
			listed.Orders = append(listed.Orders, view)
		}
	}
	return &listOrdersOutput{Body: listed}, nil
}

// search is one call's walk through the lists, which are shown as one.
type search struct {
	api   *API
	query func() *temporalio.Query
	lists []lookup
	size  int
}

// page collects up to size rows from a place on, and returns where the next page begins; the zero
// cursor is the end.
func (s search) page(ctx context.Context, at cursor) (rows []*workflowpb.WorkflowExecutionInfo, next cursor, err error) {
	var ahead []*workflowservice.ListWorkflowExecutionsResponse
	for round := range searchRounds {
		if at.Part >= len(s.lists) {
			return rows, cursor{}, nil
		}
		if round == 1 && len(at.Token) == 0 {
			ahead = s.ahead(ctx, at.Part, s.size-len(rows))
		}
		page := s.known(ahead, at, s.size-len(rows))
		if page == nil {
			if page, err = s.list(ctx, at.Part, s.size-len(rows), at.Token); err != nil {
				return nil, cursor{}, err
			}
		}
		rows = append(rows, s.news(page, at.Part)...)
		if at.Token = page.GetNextPageToken(); len(at.Token) == 0 {
			at = cursor{Part: at.Part + 1}
		}
		if len(rows) == s.size {
			break
		}
	}
	if at.Part >= len(s.lists) {
		at = cursor{}
	}
	return rows, at, nil
}

func (s search) list(ctx context.Context, part, size int, token []byte) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return s.api.list(ctx, s.query().Where(s.lists[part].condition).String(), size, token)
}

// ahead asks for the lists from a part on at once, since most are short: one after the other, each would
// wait behind whatever else is asked of a store that answers one at a time. One that fails is asked again
// in its turn.
func (s search) ahead(ctx context.Context, from, size int) []*workflowservice.ListWorkflowExecutionsResponse {
	pages := make([]*workflowservice.ListWorkflowExecutionsResponse, len(s.lists))
	atOnce(len(pages)-from, func(i int) {
		if page, err := s.list(ctx, from+i, size, nil); err == nil {
			pages[from+i] = page
		}
	})
	return pages
}

// known is a whole list that was asked for ahead and still fits on the page.
func (s search) known(ahead []*workflowservice.ListWorkflowExecutionsResponse, at cursor, room int) *workflowservice.ListWorkflowExecutionsResponse {
	if len(ahead) == 0 || len(at.Token) > 0 || len(ahead[at.Part].GetExecutions()) > room || len(ahead[at.Part].GetNextPageToken()) > 0 {
		return nil
	}
	return ahead[at.Part]
}

// news keeps what a list was asked for, and what no list before it has found.
func (s search) news(page *workflowservice.ListWorkflowExecutionsResponse, part int) []*workflowpb.WorkflowExecutionInfo {
	return slices.DeleteFunc(slices.Clone(page.GetExecutions()), func(row *workflowpb.WorkflowExecutionInfo) bool {
		found := func(list lookup) bool {
			return slices.ContainsFunc(list.finds, func(one beginning) bool { return one.of(row) })
		}
		return !found(s.lists[part]) || slices.ContainsFunc(s.lists[:part], found)
	})
}

// bestFirst puts what is called exactly so first, then orders that go on, then the latest: on every
// store the same, where all that was found is on one page.
func bestFirst(rows []*workflowpb.WorkflowExecutionInfo, all []beginning) {
	rank := func(row *workflowpb.WorkflowExecutionInfo) int {
		switch {
		case slices.ContainsFunc(all, func(one beginning) bool { return one.exactly(row) }):
			return 0
		case row.GetCloseTime() == nil:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(rows, func(one, other *workflowpb.WorkflowExecutionInfo) int {
		return cmp.Or(cmp.Compare(rank(one), rank(other)),
			other.GetStartTime().AsTime().Compare(one.GetStartTime().AsTime()),
			strings.Compare(one.GetExecution().GetWorkflowId(), other.GetExecution().GetWorkflowId()))
	})
}

// storeMemory keeps which visibility store Temporal has, which does not change while it runs.
type storeMemory struct{ name atomic.Pointer[string] }

// comparesBytes reports whether the store is SQLite. Where Temporal doesn't say, it is taken for
// another: every store knows STARTS_WITH.
func (m *storeMemory) comparesBytes(ctx context.Context, temporal Temporal) bool {
	if known := m.name.Load(); known != nil {
		return *known == "sqlite"
	}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	info, err := temporal.WorkflowService().GetClusterInfo(ctx, &workflowservice.GetClusterInfoRequest{})
	if err != nil {
		return false
	}
	name := info.GetVisibilityStore()
	m.name.Store(&name)
	return name == "sqlite"
}
