package service_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"miniflow/alipay/gateway"
	"miniflow/alipay/keys"
)

func newClient(endpoint string, private keys.PrivateKey, public keys.PublicKey) (*gateway.Client, error) {
	return gateway.NewClient(gateway.Config{
		AppID: agreedApp, Endpoint: endpoint, PrivateKey: private,
		AlipayKey: func(string) []keys.PublicKey { return []keys.PublicKey{public} },
	})
}

// TestAPlantedErrorIsSeen plants an error in the signed text of each side, one at
// a time, and brings the two together: the readings have to disagree. It is what
// separates "both are right" from "both share a mistake".
func TestAPlantedErrorIsSeen(t *testing.T) {
	tests := []struct{ name, file, right, wrong string }{
		{"client's request", "alipay/gateway/request.go", `range slices.Sorted(maps.Keys(all))`, `range slices.Backward(slices.Sorted(maps.Keys(all)))`},
		{"verifier's notification", "alipay/notify/canonical.go", `append(append(append(to, p.name...), '='), p.value...)`, `append(append(append(to, p.name...), ':'), p.value...)`},
		{"simulator's request and push", "alipay/alipaysim/wire/signature.go", `text.WriteByte('&')`, `text.WriteByte(';')`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			output, err := agreeWith(t, test.file, test.right, test.wrong)
			if err == nil {
				t.Fatalf("the error went unseen:\n%s", output)
			}
			if !strings.Contains(output, "does not understand") {
				t.Fatalf("the run failed for another reason:\n%s", output)
			}
		})
	}
}

// agreeWith runs TestClientAndSimulatorAgree on a source in which one thing is different.
func agreeWith(t *testing.T, file, right, wrong string) (string, error) {
	t.Helper()
	root, err := filepath.Abs("../../..")
	must(t, err)
	source, err := os.ReadFile(filepath.Join(root, file))
	must(t, err)
	planted := strings.Replace(string(source), right, wrong, 1)
	if planted == string(source) {
		t.Fatalf("%s does not hold %q any more; plant the error where the text is made now", file, right)
	}
	draft := filepath.Join(t.TempDir(), "planted.go")
	must(t, os.WriteFile(draft, []byte(planted), 0o600))
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, file): draft}})
	must(t, err)
	overlayFile := filepath.Join(t.TempDir(), "overlay.json")
	must(t, os.WriteFile(overlayFile, overlay, 0o600))
	command := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-vet=off", "-overlay="+overlayFile, //nolint:gosec // the one variable is a file of this test
		"-run", "^TestClientAndSimulatorAgree$", ".")
	output, err := command.CombinedOutput()
	return string(output), err
}
