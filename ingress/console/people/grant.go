package people

import (
	"slices"
	"strings"
	"time"
)

// Grant is what one person may do, and for whom.
type Grant struct {
	// Name is the actor on timelines and in the audit log.
	Name  string
	Roles []Role
	// Apps are app ids; "*" is every app.
	Apps []string
	// Merchants are merchant_refs, or beginnings of them that end in *, resolved from the groups of
	// the configuration; nil is every merchant.
	Merchants []string

	// notBefore ends what was begun earlier: it moves on when a password changes.
	notBefore time.Time
}

// Allows reports whether one of the person's roles may use an operation of the API.
func (g Grant) Allows(operationID string) bool {
	return slices.ContainsFunc(g.Roles, func(r Role) bool { return r.Allows(operationID) })
}

// Reveals reports whether the person may see people's data that is masked else.
func (g Grant) Reveals() bool { return slices.ContainsFunc(g.Roles, Role.Reveals) }

// Audits reports whether the person may read the audit log.
func (g Grant) Audits() bool { return slices.Contains(g.Roles, RoleAuditor) }

// Role returns the roles as one word, for the audit log: operator, or auditor+service.
func (g Grant) Role() string {
	names := make([]string, 0, len(g.Roles))
	for _, role := range g.Roles {
		names = append(names, string(role))
	}
	slices.Sort(names)
	return strings.Join(names, "+")
}
