package embedded

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	computepb "go.temporal.io/api/compute/v1"
	deploymentpb "go.temporal.io/api/deployment/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	wciclient "go.temporal.io/auto-scaled-workers/wci/client"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

const deployment = "orders"

// Worker deployments ask the stand-in for auto-scaled workers, and go on with what it answers.
func TestWorkerDeploymentsWork(t *testing.T) {
	asked := wciclient.Calls() // of this process, whose other tests may have asked
	s := mustStart(t, testConfig(t.TempDir()))
	b := newBench(t, s.ClientOptions())
	defer b.close()
	b.start(t, "unversioned")
	b.say(t, "unversioned", "asks nobody")
	b.wantResult(t, "unversioned", "asks nobody")
	if n := wciclient.Calls() - asked; n != 0 {
		t.Fatalf("a workflow without versions asked %d times about auto-scaled workers", n)
	}

	first := worker.WorkerDeploymentVersion{DeploymentName: deployment, BuildID: "first"}
	b.poll(t, first)
	handle := b.WorkerDeploymentClient().GetHandle(deployment)
	eventually(t, 50*time.Millisecond, func() error {
		_, err := handle.SetCurrentVersion(t.Context(), client.WorkerDeploymentSetCurrentVersionOptions{BuildID: first.BuildID})
		return err
	})
	b.start(t, "versioned")
	b.say(t, "versioned", "kept")
	b.wantResult(t, "versioned", "kept")
	described, err := handle.Describe(t.Context(), client.WorkerDeploymentDescribeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := described.Info.RoutingConfig.CurrentVersion; got == nil || *got != first {
		t.Errorf("the current version is %v, want %v", got, first)
	}
	b.wantVersion(t, first.BuildID)
	b.wantDeployment(t)

	if err := b.create("second", nil)(t); err != nil {
		t.Fatal(err)
	}
	b.wantVersion(t, "second")
	b.remove(t, "second")
}

// What this build can't do is refused at once, with the reason.
func TestAutoScaledWorkersAreRefused(t *testing.T) {
	s := mustStart(t, testConfig(t.TempDir()))
	b := newBench(t, s.ClientOptions())
	defer b.close()
	groups := map[string]*computepb.ComputeConfigScalingGroup{"all": {Provider: &computepb.ComputeProvider{Type: "k8s"}}}
	updates := map[string]*computepb.ComputeConfigScalingGroupUpdate{"all": {ScalingGroup: groups["all"]}}
	if _, err := b.WorkflowService().CreateWorkerDeployment(t.Context(), &workflowservice.CreateWorkerDeploymentRequest{
		Namespace: defaultNamespace, DeploymentName: deployment,
	}); err != nil {
		t.Fatal(err)
	}
	if err := b.create("plain", nil)(t); err != nil {
		t.Fatal(err)
	}
	plain := &deploymentpb.WorkerDeploymentVersion{DeploymentName: deployment, BuildId: "plain"}
	attempts := map[string]func(t *testing.T) error{
		"a version with compute": b.create("scaled", &computepb.ComputeConfig{ScalingGroups: groups}),
		"compute for a version": func(t *testing.T) error {
			t.Helper()
			_, err := b.WorkflowService().UpdateWorkerDeploymentVersionComputeConfig(t.Context(), &workflowservice.UpdateWorkerDeploymentVersionComputeConfigRequest{
				Namespace: defaultNamespace, DeploymentVersion: plain, ComputeConfigScalingGroups: updates,
			})
			return err
		},
		"a check of compute": func(t *testing.T) error {
			t.Helper()
			_, err := b.WorkflowService().ValidateWorkerDeploymentVersionComputeConfig(t.Context(), &workflowservice.ValidateWorkerDeploymentVersionComputeConfigRequest{
				Namespace: defaultNamespace, DeploymentVersion: plain, ComputeConfigScalingGroups: updates,
			})
			return err
		},
	}
	for name, attempt := range attempts {
		t.Run(name, func(t *testing.T) {
			err := attempt(t)
			var invalid *serviceerror.InvalidArgument
			if !errors.As(err, &invalid) || !strings.Contains(err.Error(), "without auto-scaled workers") {
				t.Errorf("got %v, want a refusal that gives the reason", err)
			}
		})
	}
	b.wantVersion(t, "plain")
}

// poll starts a worker for repeat that belongs to a version.
func (b *bench) poll(t *testing.T, version worker.WorkerDeploymentVersion) {
	t.Helper()
	w := worker.New(b.Client, taskQueue, worker.Options{DeploymentOptions: worker.DeploymentOptions{
		UseVersioning: true, Version: version, DefaultVersioningBehavior: workflow.VersioningBehaviorPinned,
	}})
	w.RegisterWorkflow(repeat)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
}

// create makes a version that no worker has polled for.
func (b *bench) create(buildID string, compute *computepb.ComputeConfig) func(*testing.T) error {
	return func(t *testing.T) error {
		t.Helper()
		_, err := b.WorkflowService().CreateWorkerDeploymentVersion(t.Context(), &workflowservice.CreateWorkerDeploymentVersionRequest{
			Namespace: defaultNamespace, ComputeConfig: compute,
			DeploymentVersion: &deploymentpb.WorkerDeploymentVersion{DeploymentName: deployment, BuildId: buildID},
		})
		return err
	}
}

// wantVersion expects a version that is described, and that nothing starts workers for.
func (b *bench) wantVersion(t *testing.T, buildID string) {
	t.Helper()
	answer, err := b.WorkflowService().DescribeWorkerDeploymentVersion(t.Context(), &workflowservice.DescribeWorkerDeploymentVersionRequest{
		Namespace: defaultNamespace, DeploymentVersion: &deploymentpb.WorkerDeploymentVersion{DeploymentName: deployment, BuildId: buildID},
	})
	if err != nil {
		t.Fatalf("describe version %s: %v", buildID, err)
	}
	if compute := answer.GetWorkerDeploymentVersionInfo().GetComputeConfig(); compute != nil {
		t.Errorf("version %s has %v, want no compute config", buildID, compute)
	}
}

// wantDeployment expects that the deployment is listed.
func (b *bench) wantDeployment(t *testing.T) {
	t.Helper()
	eventually(t, 50*time.Millisecond, func() error {
		all, err := b.WorkerDeploymentClient().List(t.Context(), client.WorkerDeploymentListOptions{})
		if err != nil {
			return err
		}
		if !all.HasNext() {
			return errors.New("no deployment is listed")
		}
		entry, err := all.Next()
		if err == nil && entry.Name != deployment {
			err = fmt.Errorf("%s is listed, want %s", entry.Name, deployment)
		}
		return err
	})
}

// remove deletes a version, for which the server asks the stand-in to delete its workers.
func (b *bench) remove(t *testing.T, buildID string) {
	t.Helper()
	handle := b.WorkerDeploymentClient().GetHandle(deployment)
	if _, err := handle.DeleteVersion(t.Context(), client.WorkerDeploymentDeleteVersionOptions{BuildID: buildID}); err != nil {
		t.Errorf("delete a version: %v", err)
	}
	eventually(t, 50*time.Millisecond, func() error {
		var notFound *serviceerror.NotFound
		if _, err := handle.DescribeVersion(t.Context(), client.WorkerDeploymentDescribeVersionOptions{BuildID: buildID}); !errors.As(err, &notFound) {
			return errors.Join(errors.New("the deleted version is still there"), err)
		}
		return nil
	})
}
