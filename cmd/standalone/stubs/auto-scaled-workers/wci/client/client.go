// Package client is what Temporal's worker deployments ask about auto-scaled workers. It answers
// without asking anybody: there are none.
package client

import (
	"context"
	"sync/atomic"

	deploymentpb "go.temporal.io/api/deployment/v1"
	"go.temporal.io/api/serviceerror"
	"go.uber.org/fx"

	"go.temporal.io/auto-scaled-workers/wci/workflow/iface"
)

// Module gives the server its Client. It has no hook into task queues: the hook wakes workers that
// are not there.
var Module = fx.Provide(func() Client { return Client{} })

// Client answers for every version of every deployment alike. The server gives each method its own
// type of a namespace, which stays unnamed here, because this module would otherwise require the one
// that requires it.
type Client struct{}

// calls counts over all Clients, because each of the server's services has its own.
var calls atomic.Int64

// Calls returns how often this process has asked a Client for anything. What leaves it at 0 is
// untouched by the stand-in.
func Calls() int64 { return calls.Load() }

// DescribeWorkerControllerInstance returns NotFound, which the server takes as "no workers of this
// version start by themselves" and leaves out of its answer.
func (Client) DescribeWorkerControllerInstance(_ context.Context, _ any, version *deploymentpb.WorkerDeploymentVersion) (*iface.Instance, []byte, error) {
	calls.Add(1)
	return nil, nil, serviceerror.NewNotFoundf("version %s of %s has no auto-scaled workers", version.GetBuildId(), version.GetDeploymentName())
}

// UpdateWorkerControllerInstance refuses.
func (Client) UpdateWorkerControllerInstance(_ context.Context, _ any, _ *deploymentpb.WorkerDeploymentVersion, _ []byte, _ string, _ map[string]iface.ScalingGroupSpecUpdate, _ []string) (*iface.Instance, error) {
	calls.Add(1)
	return nil, refusal()
}

// ValidateWorkerControllerInstanceSpec refuses as well: what it would find valid can't be set up.
func (Client) ValidateWorkerControllerInstanceSpec(_ context.Context, _ any, _ *deploymentpb.WorkerDeploymentVersion, _ string, _ map[string]iface.ScalingGroupSpecUpdate, _ []string) error {
	calls.Add(1)
	return refusal()
}

// DeleteWorkerControllerInstance has nothing to delete, which is a success: the server calls it for
// every version that it deletes.
func (Client) DeleteWorkerControllerInstance(context.Context, any, *deploymentpb.WorkerDeploymentVersion, string) error {
	calls.Add(1)
	return nil
}

// refusal is InvalidArgument and not Unimplemented, because the server hands that one on to its
// caller at once and with its text. Anything else it tries five times, and then answers Internal.
func refusal() error {
	return serviceerror.NewInvalidArgument("this Temporal was built by Miniflow, without auto-scaled workers: " +
		"leave the compute config out and start the workers of this version yourself, or use a server that Temporal has released")
}
