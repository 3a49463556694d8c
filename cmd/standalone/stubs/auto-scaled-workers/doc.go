// Package autoscaledworkers stands in for the module go.temporal.io/auto-scaled-workers, by a
// replace in the go.mod of cmd/standalone. That module starts workers by itself, on Kubernetes and
// on the clouds, and brings their clients: 386 of the 1871 packages that the standalone consisted
// of, a fifth of the time of its first build. Nothing here starts workers by itself.
//
// It has what the packages service/worker and service/worker/workerdeployment of
// go.temporal.io/server v1.32.1 name, and no more; another version of the server may name other
// things, and then does not compile. It promises that a Temporal with it behaves as one in which
// nobody has set up auto-scaled workers, worker deployments included, and that it refuses to set them
// up, with the reason.
package autoscaledworkers
