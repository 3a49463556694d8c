package embedded

import (
	"fmt"
	"strings"
	"testing"
)

// An order is found by its attributes, its id, its type and its state, and the Web UI shows what
// belongs together; what nobody is found by takes no index.
func TestVisibilityHasTheIndexesThatAreAsked(t *testing.T) {
	files, _, err := prepare(t, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	db := openSQLite(t, durable(files.visibility))
	plan := func(column string) string {
		var id, parent, unused int
		var detail string
		query := fmt.Sprintf("EXPLAIN QUERY PLAN SELECT run_id FROM executions_visibility WHERE namespace_id = 'n' AND %s = 'x'", column) //nolint:gosec // a column of the list below
		if err := db.QueryRowContext(t.Context(), query).Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatalf("%s: %v", column, err)
		}
		return detail
	}
	asked := []string{"workflow_id", "workflow_type_name", "status", "parent_workflow_id", "root_workflow_id", "TemporalNamespaceDivision"}
	for i := 1; i <= 10; i++ {
		asked = append(asked, fmt.Sprintf("Keyword%02d", i))
	}
	for i := 1; i <= 3; i++ {
		asked = append(asked, fmt.Sprintf("Int%02d", i), fmt.Sprintf("Datetime%02d", i))
	}
	for _, column := range asked {
		if got := plan(column); !strings.Contains(got, "INDEX by_") || !strings.Contains(got, column+"=?") {
			t.Errorf("%s is looked for so: %s", column, got)
		}
	}
	var indexes int
	const named = "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND tbl_name = 'executions_visibility' AND sql IS NOT NULL"
	if err := db.QueryRowContext(t.Context(), named).Scan(&indexes); err != nil || indexes != len(asked)+1 {
		t.Errorf("visibility has %d indexes, %v; want %d: one for each column that is asked about, and the default", indexes, err, len(asked)+1)
	}
}
