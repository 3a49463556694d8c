package people

import (
	"maps"
	"slices"
)

// What an operation asks for, by what it does.
var (
	reads    = []Role{RoleViewer, RoleService, RoleOperator, RoleRelease, RoleAuditor}
	helps    = []Role{RoleService, RoleOperator, RoleRelease}
	operates = []Role{RoleOperator, RoleRelease}
	releases = []Role{RoleRelease}
	audits   = []Role{RoleAuditor}
	// keysOnly is for programs: a token leaves Miniflow with it, or an order begins that the ISV's own
	// system has to know.
	keysOnly = []Role{}
)

// operations says for each operation of the API which roles may use it. It is the only such table:
// the console asks it whether to show a button, and the API whether to do what the button says.
var operations = map[string][]Role{
	"get-attention":        reads,
	"get-bulk":             reads,
	"get-delivery":         reads,
	"get-file":             reads, // a reviewer's picture
	"get-mini-program":     reads,
	"get-order":            reads,
	"get-overview":         reads,
	"get-rollout":          reads,
	"get-stats":            reads,
	"list-calls":           reads, // an order's calls to Alipay
	"list-attention":       reads,
	"list-deliveries":      reads,
	"list-events":          reads,
	"list-mini-programs":   reads,
	"list-orders":          reads,
	"list-rollouts":        reads,
	"list-webhooks":        reads,
	"list-rollout-members": reads,
	"show-drift":           reads,
	"tail-deliveries":      reads,

	"assign-attention":  helps,
	"comment-attention": helps,
	"hand-in-file":      helps,
	"provide-input":     helps,
	"resubmit":          helps,
	"snooze-attention":  helps,

	"begin-again":          operates,
	"cancel":               operates,
	"close-mini-program":   operates,
	"discard-deliveries":   operates,
	"discard-delivery":     operates,
	"enable-webhook":       operates,
	"exchange-code":        operates,
	"certify-mini-program": operates,
	"certify":              operates,
	"give-up":              operates,
	"halt-rollout":         operates, // stopping is never wrong
	"pause-rollout":        operates,
	"import-authorization": operates,
	"refresh":              operates,
	"replay-deliveries":    operates,
	"replay-delivery":      operates,
	"resend-webhook":       operates,
	"retry":                operates,
	"test-webhook":         operates,
	"withdraw":             operates,

	"list-audit": audits,

	"approve":               releases,
	"decide-base-pass":      releases,
	"resume-rollout":        releases,
	"retry-rollout":         releases,
	"rollback-rollout":      releases,
	"start-rollout":         releases,
	"rollback-mini-program": releases,
	"offline-mini-program":  releases,

	"read-token":  keysOnly,
	"start-order": keysOnly,
	"check-order": keysOnly,
}

// Operations returns the operations that the table knows, sorted.
func Operations() []string { return slices.Sorted(maps.Keys(operations)) }
