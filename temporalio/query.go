package temporalio

import (
	"strings"
	"time"

	"miniflow/internal/harmless"
	"miniflow/order"
)

// Query is a filter in the language of Temporal's visibility. It is built in one place,
// because a value that escapes its quotes would show other apps' orders.
type Query struct{ conditions []string }

// NewQuery returns a query for the workflows of one type and of these apps, each once: a run
// that continued as new would be a row of its own. Without apps it finds nothing, because a
// key without apps may see nothing.
func NewQuery(workflowType string, apps ...string) *Query {
	q := &Query{conditions: []string{"WorkflowType = " + Quote(workflowType), "ExecutionStatus != 'ContinuedAsNew'"}}
	return q.OneOf(order.AttributeAppID, apps)
}

// NewQueryOfTypes is [NewQuery] for workflows of several types.
func NewQueryOfTypes(types []string, apps ...string) *Query {
	return (&Query{}).OneOf("WorkflowType", types).Where("ExecutionStatus != 'ContinuedAsNew'").OneOf(order.AttributeAppID, apps)
}

// OneOf adds the condition that an attribute has one of the values. An empty list matches
// nothing, because it stands for a key without rights.
func (q *Query) OneOf(attribute string, values []string) *Query {
	quoted := make([]string, 0, len(values))
	for _, value := range values {
		quoted = append(quoted, Quote(value))
	}
	if len(quoted) == 0 {
		quoted = append(quoted, Quote(""))
	}
	return q.Where(attribute + " IN (" + strings.Join(quoted, ", ") + ")")
}

// OneOfOrBegins adds the condition that an attribute has one of the values or begins with one of the
// beginnings; without any it matches nothing. SQLite ignores the case of letters in beginnings, and
// other stores don't, so what is found has to be compared again.
func (q *Query) OneOfOrBegins(attribute string, values, beginnings []string) *Query {
	conditions := []string{}
	if len(values) > 0 || len(beginnings) == 0 {
		conditions = append(conditions, (&Query{}).OneOf(attribute, values).String())
	}
	for _, beginning := range beginnings {
		conditions = append(conditions, attribute+" STARTS_WITH "+Quote(beginning))
	}
	return q.Where("(" + strings.Join(conditions, " OR ") + ")")
}

// Equals adds the condition that an attribute has the value. An empty value adds nothing,
// because it stands for a filter that was not given.
func (q *Query) Equals(attribute, value string) *Query {
	if value == "" {
		return q
	}
	return q.Where(attribute + " = " + Quote(value))
}

// Running adds the condition that the workflow has not closed, because a closed one can't be
// signalled.
func (q *Query) Running() *Query { return q.Where("ExecutionStatus = 'Running'") }

// StartedSince adds the condition that the run started at or after a time; the zero time adds
// nothing, because it stands for a filter that was not given.
func (q *Query) StartedSince(since time.Time) *Query {
	if since.IsZero() {
		return q
	}
	return q.Where("StartTime >= " + Quote(since.UTC().Format(time.RFC3339Nano)))
}

// ChangedAfter adds the condition that an order's last event was after a moment; the zero time adds
// nothing.
func (q *Query) ChangedAfter(moment time.Time) *Query {
	if moment.IsZero() {
		return q
	}
	return q.Where(order.AttributeChangedAt + " > " + Quote(moment.UTC().Format(time.RFC3339Nano)))
}

// ChangedBetween adds the condition that an order's last event was after one moment and not after
// another.
func (q *Query) ChangedBetween(after, until time.Time) *Query {
	return q.ChangedAfter(after).Where(order.AttributeChangedAt + " <= " + Quote(until.UTC().Format(time.RFC3339Nano)))
}

// Where adds a condition verbatim, for those without a value from outside; quote other values
// with [Quote].
func (q *Query) Where(condition string) *Query {
	q.conditions = append(q.conditions, condition)
	return q
}

// String returns the filter. Cursors contain its hash, so equal filters must have equal
// texts.
func (q *Query) String() string { return strings.Join(q.conditions, " AND ") }

// Quote returns a value as a text of a filter. Quotes and backslashes are dropped instead of
// escaped, because Temporal's visibility stores read escapes differently, and so is a question
// mark, which PostgreSQL's store takes for a place of its own even there: the list fails for as
// long as it is tried. No id that Miniflow passes to Temporal contains one (order.PlainID and
// the API's patterns ensure that). A backtick is a character like any other between quotes, and
// a merchant_ref may have it.
func Quote(value string) string {
	return "'" + strings.Map(func(r rune) rune {
		if harmless.IsControl(r) || strings.ContainsRune("'\"\\?", r) {
			return -1
		}
		return r
	}, value) + "'"
}
