package activities

import (
	"context"

	"miniflow/attention"
)

// The calls of a Digest.
var (
	// PlanDigest returns what the robots of an app are told now. It changes nothing.
	PlanDigest = Call[DigestQuestion, DigestPlan]{Name: "PlanDigest", Kind: KindInside}
	// PostDigest posts one message to a robot.
	PostDigest = Call[PostCall, Nothing]{Name: "PostDigest", Kind: KindRobot}
	// KeepTelling says to the app's Attention what a robot was told.
	KeepTelling = Call[TellingCall, Nothing]{Name: "KeepTelling", Kind: KindInside}
)

// DigestQuestion names the app whose robots are told.
type DigestQuestion struct {
	AppID string `json:"app_id"`
}

// DigestPlan is what is posted, and what is kept without a post.
type DigestPlan struct {
	Posts   []attention.Post    `json:"posts,omitempty"`
	Quietly []attention.Telling `json:"quietly,omitempty"`
}

// PostCall names a robot of an app and says what it is told. Where the robot is, and with what it is
// addressed, the worker's configuration says: no history holds it.
type PostCall struct {
	AppID  string           `json:"app_id"`
	Robot  string           `json:"robot"`
	Digest attention.Digest `json:"digest"`
}

// TellingCall is what a robot was told. ID names it, so that Temporal knows one that was kept.
type TellingCall struct {
	AppID   string            `json:"app_id"`
	ID      string            `json:"id"`
	Telling attention.Telling `json:"telling"`
}

// RegisterDigests registers what a Digest calls, on a worker of order.TaskQueue.
func RegisterDigests(registry Registry, plan func(context.Context, DigestQuestion) (DigestPlan, error),
	post func(context.Context, PostCall) (Nothing, error), keep func(context.Context, TellingCall) (Nothing, error),
) {
	register(registry, PlanDigest, plan)
	register(registry, PostDigest, post)
	register(registry, KeepTelling, keep)
}
