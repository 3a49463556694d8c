package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	"miniflow/internal/config"
	"miniflow/order"
)

const (
	hoursPerDay = 24 * time.Hour
	// leastRetention is the shortest time for which a namespace has to keep
	// histories: a notification is recognised as a repeat for as long.
	leastRetention = 35 * hoursPerDay
	// setupPatience bounds the wait until Temporal has taken a new namespace into its caches.
	setupPatience = time.Minute
)

// SearchAttributes are the attributes of Miniflow's workflows and their types.
func SearchAttributes() map[string]enumspb.IndexedValueType {
	attributes := map[string]enumspb.IndexedValueType{}
	for _, name := range order.KeywordAttributes() {
		attributes[name] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
	}
	for _, name := range order.IntAttributes() {
		attributes[name] = enumspb.INDEXED_VALUE_TYPE_INT
	}
	return attributes
}

// Setup makes the namespace, or brings an existing one up to date: how long it
// keeps histories, and the search attributes. It can be repeated.
func Setup(ctx context.Context, options client.Options, cfg *config.Config, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, setupPatience)
	defer cancel()
	retention := durationpb.New(time.Duration(cfg.Temporal.RetentionDays) * hoursPerDay)
	namespaces, err := client.NewNamespaceClient(options)
	if err != nil {
		return fmt.Errorf("reach Temporal: %w", err)
	}
	defer namespaces.Close()
	err = namespaces.Register(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: options.Namespace, WorkflowExecutionRetentionPeriod: retention,
	})
	var exists *serviceerror.NamespaceAlreadyExists
	switch {
	case errors.As(err, &exists):
		err = namespaces.Update(ctx, &workflowservice.UpdateNamespaceRequest{
			Namespace: options.Namespace,
			Config:    &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: retention},
		})
	case err == nil:
		log.Info("the namespace was made", "namespace", options.Namespace)
	}
	if err != nil {
		return fmt.Errorf("set up the namespace %s: %w", options.Namespace, err)
	}
	return addSearchAttributes(ctx, options)
}

// addSearchAttributes adds those that are missing. A new namespace is not known
// everywhere at once, so a refusal is tried again for a while.
func addSearchAttributes(ctx context.Context, options client.Options) error {
	temporal, err := client.NewLazyClient(options)
	if err != nil {
		return fmt.Errorf("reach Temporal: %w", err)
	}
	defer temporal.Close()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		_, err := temporal.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
			Namespace: options.Namespace, SearchAttributes: SearchAttributes(),
		})
		var exists *serviceerror.AlreadyExists
		if err == nil || errors.As(err, &exists) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("add the search attributes to %s: %w", options.Namespace, err)
		case <-ticker.C:
		}
	}
}

// CheckNamespace refuses a namespace that forgets histories too soon, or that lacks a search attribute.
func CheckNamespace(ctx context.Context, temporal client.Client, namespace string, cfg *config.Config) error {
	const hint = "run `miniflow setup` once"
	described, err := temporal.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	if err != nil {
		return fmt.Errorf("look at the namespace %s: %w; %s", namespace, err, hint)
	}
	kept := described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()
	if kept < leastRetention {
		return fmt.Errorf("the namespace %s keeps histories for %s; at least %d days are needed to recognise a notification that comes again, %d are configured: %s",
			namespace, kept, int(leastRetention/hoursPerDay), cfg.Temporal.RetentionDays, hint)
	}
	listed, err := temporal.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return fmt.Errorf("look at the search attributes of %s: %w", namespace, err)
	}
	for name := range SearchAttributes() {
		if _, ok := listed.GetCustomAttributes()[name]; !ok {
			return fmt.Errorf("the namespace %s has no search attribute %s: %s", namespace, name, hint)
		}
	}
	return nil
}
