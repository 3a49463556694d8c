package order

import (
	"time"

	"miniflow/words"
)

// Execution says how the workflow behind an order stands in Temporal. It is not
// a stage: an operator can stop a workflow at any of them.
type Execution string

const (
	// ExecutionRunning means that nothing keeps it from its work. An order that has ended by itself
	// is shown so too, since nobody has to do anything about it.
	ExecutionRunning Execution = "running"
	// ExecutionPaused means that an operator has paused it. Messages are kept, since Temporal takes
	// signals for a paused workflow; nothing is done until it is unpaused.
	ExecutionPaused Execution = "paused"
	// ExecutionTerminated means that its run was closed from outside, before its story had ended.
	// Temporal can't open it again, so [CommandBeginAgain] starts another run.
	ExecutionTerminated Execution = "terminated"
	// ExecutionFailing means that no worker can go on with its history, mostly because another build wrote it. Nothing is
	// lost.
	ExecutionFailing Execution = "failing"
)

// Executions lists every value, for the API's schema, the metrics and the tests that want each
// documented.
func Executions() []Execution {
	return []Execution{ExecutionRunning, ExecutionPaused, ExecutionTerminated, ExecutionFailing}
}

// Interruption names who or what keeps a workflow from its work, so that an order that stands still
// in Temporal can be told from one that waits for Alipay.
type Interruption struct {
	By     string     `json:"by" doc:"Who did it, as Temporal knows them; empty where it does not." example:"ann@ops"`
	Since  time.Time  `json:"since,omitzero" doc:"When it began." example:"2026-11-20T08:00:00Z"`
	Reason words.Text `json:"reason" doc:"What was given as the reason." example:"the wrong button"`
	Remedy words.Text `json:"remedy" doc:"What ends it."`
}

// CommandBeginAgain starts an order again whose run was terminated or has failed.
// It starts a workflow and is not an update, so it is not among [Commands].
const CommandBeginAgain Command = "begin-again"
