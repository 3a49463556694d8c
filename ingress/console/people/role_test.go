package people

import (
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
)

const (
	description = "../../../docs/openapi.json"
	english     = "../../../docs/operators.md"
	chinese     = "../../../docs/operators.zh-CN.md"
)

// described returns the operationIds of the API's description.
func described(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(description)
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, methods := range document.Paths {
		for _, operation := range methods {
			all = append(all, operation.OperationID)
		}
	}
	if len(all) < 30 {
		t.Fatalf("only %d operations were found", len(all))
	}
	return all
}

// TestEveryOperationIsDecidedAbout: who adds a call decides who may use it.
func TestEveryOperationIsDecidedAbout(t *testing.T) {
	all := described(t)
	for _, id := range all {
		if _, decided := operations[id]; !decided {
			t.Errorf("%s is a call of the API and not in the table of people.operations: nobody may use it at the console", id)
		}
	}
	for _, id := range Operations() {
		if !slices.Contains(all, id) {
			t.Errorf("%s is in the table of people.operations and no call of the API", id)
		}
	}
}

// TestRolesAllowWhatTheyAreFor holds what must never come to differ, beside the table itself.
func TestRolesAllowWhatTheyAreFor(t *testing.T) {
	for _, id := range described(t) {
		reading := strings.HasPrefix(id, "get-") || strings.HasPrefix(id, "list-") || id == "show-drift" || id == "tail-deliveries"
		if RoleAuditor.Allows(id) != reading {
			t.Errorf("an auditor may %s: %v", id, !reading)
		}
		if RoleViewer.Allows(id) != (reading && id != "list-audit") {
			t.Errorf("a viewer may %s: %v", id, RoleViewer.Allows(id))
		}
		if RoleService.Allows(id) && !RoleOperator.Allows(id) || RoleOperator.Allows(id) && !RoleRelease.Allows(id) {
			t.Errorf("%s: service, operator and release allow more from each to the next", id)
		}
		decides := slices.Contains([]string{"approve", "decide-base-pass", "start-rollout", "resume-rollout", "retry-rollout", "rollback-rollout", "rollback-mini-program", "offline-mini-program"}, id)
		if onlyRelease := RoleRelease.Allows(id) && !RoleOperator.Allows(id); onlyRelease != decides {
			t.Errorf("%s is for release alone: %v", id, onlyRelease)
		}
	}
	for _, id := range []string{"read-token", "start-order", "a-call-of-tomorrow", ""} {
		for _, role := range append(Roles(), "root", "") {
			if role.Allows(id) {
				t.Errorf("%s may %q", role, id)
			}
		}
	}
}

func TestAGrantIsTheSumOfItsRoles(t *testing.T) {
	both := Grant{Roles: []Role{RoleService, RoleAuditor}}
	if !both.Allows("resubmit") || !both.Allows("get-order") || both.Allows("retry") || both.Reveals() || !both.Audits() || both.Role() != "auditor+service" {
		t.Errorf("%+v", both)
	}
	if (Grant{}).Allows("get-order") || !(Grant{Roles: []Role{RoleRelease}}).Reveals() || !(Grant{Roles: []Role{RoleOperator}}).Reveals() {
		t.Error("no role allows nothing; operator and release reveal")
	}
}

// table is the part of the documents that says who may do what.
func table() string {
	var b strings.Builder
	b.WriteString("| operation |")
	for _, role := range Roles() {
		b.WriteString(" " + string(role) + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(Roles())) + "\n")
	for _, id := range Operations() {
		b.WriteString("| `" + id + "` |")
		for _, role := range Roles() {
			mark := map[bool]string{true: "✓", false: ""}[role.Allows(id)]
			b.WriteString(" " + mark + " |")
		}
		b.WriteString("\n")
	}
	return b.String()
}

var update = flag.Bool("update", false, "write the table of roles into the documents")

// marks stand around the table in the documents.
const opens, closes = "<!-- roles -->\n", "<!-- /roles -->"

// TestTheDocumentsShowTheTable; -update writes it.
func TestTheDocumentsShowTheTable(t *testing.T) {
	for path, head := range map[string]string{english: "operation", chinese: "操作"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		before, rest, begun := strings.Cut(string(text), opens)
		shown, after, ended := strings.Cut(rest, closes)
		if !begun || !ended {
			t.Fatalf("%s has no place for the table", path)
		}
		want := strings.Replace(table(), "operation", head, 1)
		if *update {
			if err := os.WriteFile(path, []byte(before+opens+want+closes+after), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if shown != want {
			t.Errorf("%s shows another table; go test ./ingress/console/people -run %s -update writes it", path, t.Name())
		}
	}
}
