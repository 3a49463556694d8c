package people

import "slices"

// Role is what somebody does at the console. A person may have several.
type Role string

const (
	// RoleViewer sees where orders stand, with people's data masked.
	RoleViewer Role = "viewer"
	// RoleService answers merchants: it hands in what an order lacks and sees to what needs attention.
	RoleService Role = "service"
	// RoleOperator keeps orders, messages, mini programs and webhooks going.
	RoleOperator Role = "operator"
	// RoleRelease decides what goes online, and does all that an operator does.
	RoleRelease Role = "release"
	// RoleAuditor reads everything, the audit log too, and changes nothing.
	RoleAuditor Role = "auditor"
)

// Roles returns every role, so that an error and a table can list them.
func Roles() []Role {
	return []Role{RoleViewer, RoleService, RoleOperator, RoleRelease, RoleAuditor}
}

// Allows reports whether the role may use an operation of the API, by its operationId. One that is
// not in the table is allowed to nobody.
func (r Role) Allows(operationID string) bool { return slices.Contains(operations[operationID], r) }

// Reveals reports whether the role may see people's data that is masked else; each time is audited.
func (r Role) Reveals() bool { return r == RoleOperator || r == RoleRelease }
