package embedded

import (
	"fmt"
	"strings"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	"go.temporal.io/server/common/resolver"
)

// unasked are the indexes of visibility that answer no question of Miniflow's, nor of the Web UI's
// usual ones. Temporal makes one for each attribute that anybody may use, and each change of an
// order is written into all of them: with these gone it writes less than half. A question that would
// have used one is still answered, by reading the namespace's rows.
func unasked() []string {
	return strings.Fields(`
		by_execution_time by_history_length by_history_size_bytes by_execution_duration
		by_state_transition_count by_task_queue by_parent_run_id by_root_run_id
		by_batcher_user by_temporal_scheduled_start_time by_temporal_scheduled_by_id
		by_temporal_schedule_paused by_temporal_pause_info by_temporal_worker_deployment
		by_temporal_worker_deployment_version by_temporal_workflow_versioning_behavior
		by_bool_01 by_bool_02 by_bool_03 by_double_01 by_double_02 by_double_03
		by_temporal_bool_01 by_temporal_bool_02 by_temporal_datetime_01 by_temporal_datetime_02
		by_temporal_double_01 by_temporal_double_02 by_temporal_int_01 by_temporal_int_02
		by_temporal_keyword_01 by_temporal_keyword_02 by_temporal_keyword_03 by_temporal_keyword_04
		by_temporal_low_cardinality_keyword_01`)
}

// dropUnasked drops those indexes from a store that is being made. One that isn't there means that
// Temporal's schema has changed, and the list with it.
func dropUnasked(store *config.SQL) error {
	db, err := sql.NewSQLAdminDB(sqlplugin.DbKindUnknown, store, resolver.NewNoopResolver(), log.NewNoopLogger(), metrics.NoopMetricsHandler)
	if err != nil {
		return fmt.Errorf("open the new store: %w", err)
	}
	defer func() { _ = db.Close() }()
	for _, index := range unasked() {
		if err := db.Exec("DROP INDEX " + index); err != nil {
			return fmt.Errorf("drop an index: %w", err)
		}
	}
	return nil
}
