// Package iface has the types in which the server speaks of auto-scaled workers. They exist so
// that the server compiles; no value of them leaves this module.
package iface

import (
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
)

// Instance is what there would be to know about the workers of one version.
type Instance struct {
	Spec             *WorkerControllerInstanceSpec
	ValidationStatus *ValidationStatus
}

// WorkerControllerInstanceSpec says how the workers of a version are started, by the name of a group.
type WorkerControllerInstanceSpec struct {
	ScalingGroupSpecs map[string]ScalingGroupSpec
}

// ScalingGroupSpec is the part of it for some types of tasks.
type ScalingGroupSpec struct {
	TaskTypes []enumspb.TaskQueueType
	Compute   ComputeProviderSpec
	Scaling   *ScalingAlgorithmSpec
}

// ScalingGroupSpecUpdate changes the fields of a group that the mask names.
type ScalingGroupSpecUpdate struct {
	Spec       ScalingGroupSpec
	UpdateMask []string
}

// ComputeProviderSpec says where workers are started.
type ComputeProviderSpec struct {
	ProviderType  ComputeProviderType
	Config        *commonpb.Payload
	NexusEndpoint string
}

// ComputeProviderType names a cloud's way to run programs.
type ComputeProviderType string

// ScalingAlgorithmSpec says how many workers are started, and when.
type ScalingAlgorithmSpec struct {
	ScalingAlgorithm ScalingAlgorithmType
	Config           *commonpb.Payload
}

// ScalingAlgorithmType names a rule for that.
type ScalingAlgorithmType string

// ValidationStatus is how the last check of a spec ended.
type ValidationStatus struct {
	LastValidationTime time.Time
	Status             ValidationResult
	ErrMessage         string
}

// ValidationResult is the outcome of a check.
type ValidationResult string

// ValidationResultFailed means that a spec can't work. The server asks for no other result.
const ValidationResultFailed ValidationResult = "failed"
