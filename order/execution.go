package order

import "time"

// Execution says how the workflow behind an order stands in Temporal. It is not
// a stage: an operator can stop a workflow at any of them.
type Execution string

const (
	// ExecutionRunning means that nothing keeps it from its work. An order that has ended by itself is shown so too.
	ExecutionRunning Execution = "running"
	// ExecutionPaused means that an operator has paused it. Messages are kept; nothing is done until it is unpaused.
	ExecutionPaused Execution = "paused"
	// ExecutionTerminated means that its run was closed from outside, before its story had ended. [CommandBeginAgain] starts
	// it again.
	ExecutionTerminated Execution = "terminated"
	// ExecutionFailing means that no worker can go on with its history, mostly because another build wrote it. Nothing is
	// lost.
	ExecutionFailing Execution = "failing"
)

// Executions lists every value.
func Executions() []Execution {
	return []Execution{ExecutionRunning, ExecutionPaused, ExecutionTerminated, ExecutionFailing}
}

// Interruption says who or what keeps a workflow from its work.
type Interruption struct {
	// By is the identity that Temporal has of who did it; empty where it has none.
	By string `json:"by" doc:"Who did it, as Temporal knows them; empty where it does not." example:"ann@ops"`
	// Since is when it began.
	Since time.Time `json:"since,omitzero" doc:"When it began." example:"2026-11-20T08:00:00Z"`
	// Reason is what was given as the reason.
	Reason string `json:"reason" doc:"What was given as the reason." example:"the wrong button"`
	// Remedy says what ends it.
	Remedy string `json:"remedy" doc:"What ends it."`
}

// CommandBeginAgain starts an order again whose run was terminated or has failed.
// It starts a workflow and is not an update, so it is not among [Commands].
const CommandBeginAgain Command = "begin-again"
