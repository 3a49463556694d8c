package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
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
	// setupPatience bounds the wait until Temporal has taken a new namespace into its caches,
	// which each of its servers refreshes for itself.
	setupPatience = time.Minute
)

// SearchAttributes are the attributes of Miniflow's workflows and their types. Lists and filters of
// the API are Temporal's queries over them.
func SearchAttributes() map[string]enumspb.IndexedValueType {
	attributes := map[string]enumspb.IndexedValueType{}
	for _, name := range order.KeywordAttributes() {
		attributes[name] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
	}
	for _, name := range order.IntAttributes() {
		attributes[name] = enumspb.INDEXED_VALUE_TYPE_INT
	}
	for _, name := range order.TimeAttributes() {
		attributes[name] = enumspb.INDEXED_VALUE_TYPE_DATETIME
	}
	return attributes
}

// Setup makes the namespace, or brings an existing one up to date: how long it
// keeps histories, and the search attributes. It changes only what is not right
// yet, so it can be repeated, also by an account that may only look.
func Setup(ctx context.Context, temporal client.Client, namespace string, cfg *config.Config, log *slog.Logger) error {
	// The retention comes first, because attributes need a namespace to be added to.
	ctx, cancel := context.WithTimeout(ctx, setupPatience)
	defer cancel()
	if err := keepHistories(ctx, temporal, namespace, time.Duration(cfg.Temporal.RetentionDays)*hoursPerDay, log); err != nil {
		return fmt.Errorf("set up the namespace %s: %w; if this account may not, set it up where the cluster is managed and run this again", namespace, err)
	}
	if err := addSearchAttributes(ctx, temporal, namespace); err != nil {
		return fmt.Errorf("add the search attributes to %s: %w; if this account may not, add them where the cluster is managed and run this again", namespace, err)
	}
	return nil
}

// keepHistories makes the namespace or corrects its retention. A namespace that is right already is
// not updated, since that needs rights which only its owner may have.
func keepHistories(ctx context.Context, temporal client.Client, namespace string, retention time.Duration, log *slog.Logger) error {
	described, err := temporal.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	var missing *serviceerror.NamespaceNotFound
	switch {
	case errors.As(err, &missing):
		_, err = temporal.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
			Namespace: namespace, WorkflowExecutionRetentionPeriod: durationpb.New(retention),
		})
		if err == nil {
			log.Info("the namespace was made", "namespace", namespace)
		}
		return err
	// Compared with what is configured and not with the least: a person may shorten it too.
	case err != nil || described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration() == retention:
		return err
	}
	_, err = temporal.WorkflowService().UpdateNamespace(ctx, &workflowservice.UpdateNamespaceRequest{
		Namespace: namespace,
		Config:    &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(retention)},
	})
	return err
}

// addSearchAttributes adds those that are missing, and returns once lists can ask for them: a new
// namespace, and a new attribute, reach the caches of Temporal's servers seconds later, and until
// then a list fails, and the start of an order too.
func addSearchAttributes(ctx context.Context, temporal client.Client, namespace string) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		missing, err := missingAttributes(ctx, temporal, namespace)
		if err == nil && len(missing) > 0 {
			_, err = temporal.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
				Namespace: namespace, SearchAttributes: missing,
			})
		}
		if err == nil {
			err = canBeAskedFor(ctx, temporal, namespace)
		}
		// What this account may not do it may not do in a second either.
		var denied *serviceerror.PermissionDenied
		if err == nil || errors.As(err, &denied) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-ticker.C:
		}
	}
}

// canBeAskedFor counts by every attribute at once, which Temporal refuses as long as it does not know
// one of them.
func canBeAskedFor(ctx context.Context, temporal client.Client, namespace string) error {
	var conditions []string
	for _, name := range slices.Sorted(maps.Keys(SearchAttributes())) {
		conditions = append(conditions, name+" IS NOT NULL")
	}
	_, err := temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: namespace, Query: strings.Join(conditions, " AND "),
	})
	return err
}

// missingAttributes are the search attributes that a namespace lacks. Attributes of others in the
// same namespace are left alone.
func missingAttributes(ctx context.Context, temporal client.Client, namespace string) (map[string]enumspb.IndexedValueType, error) {
	listed, err := temporal.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return nil, err
	}
	missing := SearchAttributes() // a map of its own, each time
	for name := range listed.GetCustomAttributes() {
		delete(missing, name)
	}
	return missing, nil
}

// CheckNamespace refuses a namespace that forgets histories too soon, or that lacks a search
// attribute: a notification that comes again after its workflow is forgotten would act twice, and
// a start with an unknown attribute fails.
func CheckNamespace(ctx context.Context, temporal client.Client, namespace string, cfg *config.Config) error {
	// serve could mend neither: a service's account should not have the right to.
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
	missing, err := missingAttributes(ctx, temporal, namespace)
	if err != nil {
		return fmt.Errorf("look at the search attributes of %s: %w", namespace, err)
	}
	if len(missing) > 0 {
		return fmt.Errorf("the namespace %s lacks the search attributes %v: %s", namespace, slices.Sorted(maps.Keys(missing)), hint)
	}
	return nil
}
