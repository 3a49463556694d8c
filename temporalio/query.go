package temporalio

import (
	"strings"
	"time"

	"miniflow/internal/harmless"
	"miniflow/order"
)

// Query is a filter in the language of Temporal's visibility: conditions that all hold.
type Query struct{ conditions []string }

// NewQuery finds the workflows of one type and of these apps, each once: a run that
// continued as new is a row of its own. Without apps it finds nothing, since a key of no
// app sees nothing.
func NewQuery(workflowType string, apps ...string) *Query {
	q := &Query{conditions: []string{"WorkflowType = " + Quote(workflowType), "ExecutionStatus != 'ContinuedAsNew'"}}
	return q.OneOf(order.AttributeAppID, apps)
}

// OneOf adds the condition that an attribute has one of the values.
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

// Equals adds the condition that an attribute has the value. An empty value adds
// nothing, so that a filter that was not given filters nothing.
func (q *Query) Equals(attribute, value string) *Query {
	if value == "" {
		return q
	}
	return q.Where(attribute + " = " + Quote(value))
}

// Running adds the condition that the workflow has not closed.
func (q *Query) Running() *Query { return q.Where("ExecutionStatus = 'Running'") }

// StartedSince adds the condition that the run started at or after a time; none for the
// zero time.
func (q *Query) StartedSince(since time.Time) *Query {
	if since.IsZero() {
		return q
	}
	return q.Where("StartTime >= " + Quote(since.UTC().Format(time.RFC3339Nano)))
}

// Where adds a condition as it is written; values in it go through [Quote].
func (q *Query) Where(condition string) *Query {
	q.conditions = append(q.conditions, condition)
	return q
}

// String returns the filter.
func (q *Query) String() string { return strings.Join(q.conditions, " AND ") }

// Quote writes a text of a filter. Quotes and backslashes are dropped and not escaped,
// because Temporal's stores read escapes each in their own way. No id that Miniflow
// hands to Temporal has one (order.PlainID and the API's forms see to that).
func Quote(value string) string {
	return "'" + strings.Map(func(r rune) rune {
		if harmless.IsControl(r) || strings.ContainsRune("'\"`\\", r) {
			return -1
		}
		return r
	}, value) + "'"
}
