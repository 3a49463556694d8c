package main_test

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestTheFirstBuildIsSpared checks that the stand-ins keep out what they stand in for, from every program that this
// module builds: each of these packages is compiled before anybody sees Miniflow for the first time.
func TestTheFirstBuildIsSpared(t *testing.T) {
	spared := regexp.MustCompile(`^(.*\.)?k8s\.io/` +
		`|^github\.com/aws/.*/service/(ecs|lambda|bedrock)` +
		`|^cloud\.google\.com/go/(auth|run|storage/)|^google\.golang\.org/(api/transport|grpc/xds)|^github\.com/(envoyproxy|googleapis)/`)
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", ".", "./cluster", "go.temporal.io/server/cmd/server", "go.temporal.io/server/cmd/tools/sql")
	said, err := list.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	packages := strings.Fields(string(said))
	for _, pkg := range packages {
		if spared.MatchString(pkg) {
			t.Errorf("%s is linked again: see stubs/", pkg)
		}
	}
	if len(packages) < 500 {
		t.Errorf("%d packages, which can't be all of Temporal", len(packages))
	}
}
