package temporalio

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"

	"miniflow/order"
)

type requestIDKey struct{}

// WithRequestID makes Temporal's signals and starts under this context carry an id derived
// from the notification, so that Temporal itself drops the same request sent twice. The
// digest is part of it: under a shared id Temporal would silently drop the second of two
// different messages.
func WithRequestID(ctx context.Context, key order.NotificationKey) context.Context {
	return context.WithValue(ctx, requestIDKey{}, requestID(key))
}

// RequestIDOf returns the id that Temporal's calls under this context carry, "" when they keep
// the SDK's own.
func RequestIDOf(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// requestID hashes the key's parts, each preceded by its length so that no two keys give the
// same text.
func requestID(key order.NotificationKey) string {
	h := sha256.New()
	for _, part := range []string{key.AppID, key.NotifyID, key.Digest} {
		_, _ = h.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	return "notification-" + hex.EncodeToString(h.Sum(nil)[:16])
}

// RequestIDs returns an interceptor for the dial options of the Temporal client that passes
// notifications on, because the SDK offers no other way to set a request id. It puts the
// notification's id on signals and starts; other calls keep the SDK's random one. It saves
// work but guarantees nothing: Temporal forgets request ids when a workflow continues as new.
func RequestIDs() grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, request, reply any, connection *grpc.ClientConn,
		invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
		if id := RequestIDOf(ctx); id != "" {
			setRequestID(request, id)
		}
		return invoke(ctx, method, request, reply, connection, options...)
	}
}

// setRequestID changes the request in place: the SDK makes one for each call, and its retries
// of that call have to carry the same id.
func setRequestID(request any, id string) {
	switch r := request.(type) {
	case *workflowservice.SignalWorkflowExecutionRequest:
		r.RequestId = id
	case *workflowservice.SignalWithStartWorkflowExecutionRequest:
		r.RequestId = id
	case *workflowservice.StartWorkflowExecutionRequest:
		r.RequestId = id
	}
}
