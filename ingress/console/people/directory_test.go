package people

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAPersonIsWhatTheFileSays(t *testing.T) {
	h := open(t, two)
	grant, found := h.directory.Grant("operator-1")
	if !found || !slices.Equal(grant.Merchants, []string{"hz-*", "shop-1"}) || !slices.Equal(grant.Apps, []string{"*"}) || !slices.Equal(grant.Roles, []Role{RoleOperator}) {
		t.Errorf("%+v %v", grant, found)
	}
	if grant, found = h.directory.Grant("auditor-1"); !found || grant.Merchants != nil {
		t.Errorf("without groups there is no bound: %+v %v", grant, found)
	}
	for _, name := range []string{"", "Operator-1", "operator-2"} {
		if _, found := h.directory.Grant(name); found {
			t.Errorf("%q is somebody", name)
		}
	}
}

func TestAnEmptyGroupIsNobodysMerchants(t *testing.T) {
	h := open(t, `people: [{name: a, roles: [viewer], apps: ["*"], merchants: [empty]}]`)
	if grant, _ := h.directory.Grant("a"); grant.Merchants == nil {
		t.Error("a group without merchants became every merchant")
	}
}

func TestWhoIsRemovedIsOutAtOnce(t *testing.T) {
	h := open(t, two)
	h.write("people: []\n")
	if _, found := h.directory.Grant("operator-1"); found {
		t.Error("the file was not read again")
	}
	h.write(two)
	if _, found := h.directory.Grant("operator-1"); !found {
		t.Error("who is added is in at once")
	}
}

// TestAChangeWithinOneTickIsSeen: same size, same time, same inode; only the file's age says that it
// can't be relied on yet.
func TestAChangeWithinOneTickIsSeen(t *testing.T) {
	h := open(t, `people: [{name: aa, roles: [viewer], apps: ["*"]}]`)
	at := h.now.Add(-time.Second)
	for _, name := range []string{"bb", "cc"} {
		h.write(`people: [{name: ` + name + `, roles: [viewer], apps: ["*"]}]`)
		if err := os.Chtimes(h.path, at, at); err != nil {
			t.Fatal(err)
		}
		if _, found := h.directory.Grant(name); !found {
			t.Errorf("%s was not seen", name)
		}
	}
}

// TestABrokenFileClosesTheDoor: for a minute those stay who are in, then nobody is.
func TestABrokenFileClosesTheDoor(t *testing.T) {
	for name, spoil := range map[string]func(h *house){
		"no YAML":        func(h *house) { h.write("people: [") },
		"an unknown key": func(h *house) { h.write(two + "    rôle: x\n") },
		"emptied":        func(h *house) { h.write("") },
		"gone":           func(h *house) { _ = os.Remove(h.path) },
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, two)
			spoil(h)
			if _, found := h.directory.Grant("operator-1"); !found || h.directory.Problem() == nil {
				t.Error("at once nobody is thrown out, and it is reported")
			}
			if reason := h.refusal("operator-1", password, "192.0.2.1"); reason != ReasonUnreadable {
				t.Errorf("meanwhile nobody logs in, got %q", reason)
			}
			if _, _, err := h.directory.byClaim("sub-1"); err == nil {
				t.Error("nor by OIDC")
			}
			h.pass(Grace / 2)
			spoil(h) // another try prolongs nothing
			if h.directory.Problem() == nil {
				t.Error("still broken")
			}
			h.pass(Grace / 2)
			if _, found := h.directory.Grant("operator-1"); found {
				t.Error("after the grace somebody is in who may have been removed")
			}
			h.write(two)
			if _, found := h.directory.Grant("operator-1"); !found || h.directory.Problem() != nil {
				t.Error("a mended file counts at once")
			}
			if lines := strings.Count(h.log.String(), "\n"); lines != 2 {
				t.Errorf("%d lines in the log, and one each for broken and mended are enough:\n%s", lines, h.log.String())
			}
		})
	}
}

func TestNoConsoleWithoutPeople(t *testing.T) {
	if _, err := NewDirectory(DirectoryOptions{Path: t.TempDir() + "/none", Now: time.Now, Log: nil}); err == nil {
		t.Error("a file that is not there was taken")
	}
}

func TestAPeopleFileIsReadStrictly(t *testing.T) {
	for text, wanted := range map[string]string{
		"":                       "no list `people`",
		"people:\n":              "no list `people`",
		"persons: []":            `"persons" is no known key`,
		"people: [{rolls: a}]":   `"rolls" is no known key`,
		"people: []\npeople: []": "not YAML",
		`people: [{name: Aa, roles: [viewer], apps: ["*"]}]`:                                                         "name has to be",
		`people: [{name: "a b", roles: [viewer], apps: ["*"]}]`:                                                      "name has to be",
		`people: [{name: "", roles: [viewer], apps: ["*"]}]`:                                                         "name has to be",
		`people: [{name: a, apps: ["*"]}]`:                                                                           "roles is empty",
		`people: [{name: a, roles: [root], apps: ["*"]}]`:                                                            "roles has to be some of",
		`people: [{name: a, roles: [viewer]}]`:                                                                       "apps is empty",
		`people: [{name: a, roles: [viewer], apps: ["*"], merchants: []}]`:                                           "empty list",
		`people: [{name: a, roles: [viewer], apps: ["*"], merchants: [nowhere]}]`:                                    `"nowhere"`,
		`people: [{name: a, roles: [viewer], apps: ["*"], password_hash: secret-in-clear}]`:                          "no argon2id hash",
		`people: [{name: a, roles: [viewer], apps: ["*"]}, {name: a, roles: [viewer], apps: ["*"]}]`:                 "twice",
		`people: [{name: a, roles: [viewer], apps: ["*"], oidc: x}, {name: b, roles: [viewer], apps: [b], oidc: x}]`: "somebody else",
	} {
		path := t.TempDir() + "/people.yaml"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := ReadFile(path, map[string][]string{})
		if err == nil || !strings.Contains(err.Error(), wanted) {
			t.Errorf("%q: %v, wanted %q", text, err, wanted)
		}
		if err != nil && strings.Contains(err.Error(), "secret-in-clear") {
			t.Errorf("the error shows what stands in the place of a hash: %v", err)
		}
	}
}
