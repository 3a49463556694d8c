package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
	persistencespb "go.temporal.io/server/api/persistence/v1"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence"
	"go.temporal.io/server/common/persistence/serialization"
	persistencesql "go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	"go.temporal.io/server/common/resolver"
	"go.temporal.io/server/common/searchattribute/sadefs"
	sqliteschema "go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
)

// ensureNamespace gives the namespace its retention and search attributes,
// making it when it is missing. It writes to the file before the server opens
// it: over the API a change reaches the server's caches seconds later, and a
// first order would race with it. Each write is a single statement, so a kill
// leaves the row as it was or as it shall be.
func ensureNamespace(ctx context.Context, store *config.SQL, cfg Config) error {
	db, err := persistencesql.NewSQLDB(sqlplugin.DbKindMain, store, resolver.NewNoopResolver(), log.NewNoopLogger(), metrics.NoopMetricsHandler)
	if err != nil {
		return fmt.Errorf("open the Temporal store: %w", err)
	}
	defer func() { _ = db.Close() }() // the plugin keeps it open for the server; nothing is buffered here

	rows, err := db.SelectFromNamespace(ctx, sqlplugin.NamespaceFilter{Name: &cfg.Namespace})
	if errors.Is(err, sql.ErrNoRows) {
		return createNamespace(store, cfg)
	}
	if err != nil {
		return fmt.Errorf("read namespace %s: %w", cfg.Namespace, err)
	}
	return updateNamespace(ctx, db, rows[0], cfg)
}

// createNamespace writes the namespace into the store before the server starts, so that its first
// client finds it.
func createNamespace(store *config.SQL, cfg Config) error {
	// false: a namespace of one cluster, with nothing to replicate to.
	ns, err := sqliteschema.NewNamespaceConfig(clusterName, cfg.Namespace, false, nil)
	if err != nil {
		return fmt.Errorf("describe namespace %s: %w", cfg.Namespace, err)
	}
	if err := configure(ns.Detail.Config, cfg); err != nil {
		return err
	}
	if err := sqliteschema.CreateNamespaces(store, ns); err != nil {
		return fmt.Errorf("create namespace %s: %w", cfg.Namespace, err)
	}
	return nil
}

// One that is up to date is left alone, because each write counts up its version.
func updateNamespace(ctx context.Context, db sqlplugin.DB, row sqlplugin.NamespaceRow, cfg Config) error {
	codec := serialization.NewSerializer()
	detail, err := codec.NamespaceDetailFromBlob(persistence.NewDataBlob(row.Data, row.DataEncoding))
	if err != nil {
		return fmt.Errorf("read namespace %s: %w", cfg.Namespace, err)
	}
	// Cloned, because configure changes what it is given.
	before := proto.CloneOf(detail.Config)
	if err := configure(detail.Config, cfg); err != nil {
		return err
	}
	if proto.Equal(before, detail.Config) {
		return nil
	}
	// As Temporal does at each change of its own.
	detail.ConfigVersion++
	blob, err := codec.NamespaceDetailToBlob(detail)
	if err != nil {
		return fmt.Errorf("write namespace %s: %w", cfg.Namespace, err)
	}
	row.Data, row.DataEncoding = blob.GetData(), blob.GetEncodingType().String()
	if _, err := db.UpdateNamespace(ctx, &row); err != nil {
		return fmt.Errorf("write namespace %s: %w", cfg.Namespace, err)
	}
	return nil
}

// configure applies cfg to the stored configuration of its namespace. On SQL
// stores a custom search attribute is an alias of one of the preallocated
// columns (Keyword01 …); an alias once given keeps its column, or the rows
// already written would answer to another name.
func configure(stored *persistencespb.NamespaceConfig, cfg Config) error {
	stored.Retention = durationpb.New(cfg.Retention)
	if stored.CustomSearchAttributeAliases == nil {
		stored.CustomSearchAttributeAliases = map[string]string{}
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.SearchAttributes)) {
		if err := addAlias(stored.CustomSearchAttributeAliases, name, cfg.SearchAttributes[name]); err != nil {
			return fmt.Errorf("namespace %s: %w", cfg.Namespace, err)
		}
	}
	return nil
}

// addAlias keeps the column that an attribute has, and takes columns in their order: two
// starts with the same attributes must agree. nameByColumn is what the namespace stores.
func addAlias(nameByColumn map[string]string, name string, want enumspb.IndexedValueType) error {
	if sadefs.IsReserved(name) {
		return fmt.Errorf("search attribute %s is a name of Temporal's own: choose another", name)
	}
	columns := sadefs.GetDBIndexSearchAttributes(nil).CustomSearchAttributes
	free := ""
	for _, column := range slices.Sorted(maps.Keys(columns)) {
		taken, ok := nameByColumn[column]
		switch {
		case ok && taken == name && columns[column] != want:
			return fmt.Errorf("search attribute %s is stored as %s and can't become %s: give it another name, or choose another %s", name, columns[column], want, flagDataDir)
		case ok && taken == name:
			return nil
		case !ok && free == "" && columns[column] == want:
			free = column
		}
	}
	// Refused here and not by SQLite later: an order that can't be listed would be lost to people.
	if free == "" {
		return fmt.Errorf("no room for search attribute %s: all columns of type %s are taken", name, want)
	}
	nameByColumn[free] = name
	return nil
}
