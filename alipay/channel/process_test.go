package channel_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
)

// simulatorHome names the variable with the directory of a simulator's process: this test
// program once more, so that only the client is measured here.
const simulatorHome = "CHANNEL_TEST_SIMULATOR_HOME"

// greeting is what the process prints when it can be reached.
type greeting struct {
	URL         string `json:"url"`
	Certificate []byte `json:"certificate"` // DER
}

// apart runs a simulator in a process of its own until the test ends.
func apart(t testing.TB) *simulation {
	t.Helper()
	dir := t.TempDir()
	home := filepath.Join(dir, appID)
	if err := errors.Join(os.Mkdir(home, 0o700), writeKeys(home)); err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	process := exec.CommandContext(context.WithoutCancel(t.Context()), program) //nolint:gosec // this very program
	process.Env = append(os.Environ(), simulatorHome+"="+dir)
	process.Stderr = os.Stderr
	stop, err := process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(stop.Close(), process.Wait()); err != nil {
			t.Errorf("the simulator's process: %v", err)
		}
	})
	line, err := bufio.NewReader(said).ReadBytes('\n')
	var hello greeting
	if err := errors.Join(err, json.Unmarshal(line, &hello)); err != nil {
		t.Fatalf("the simulator's process said %q: %v", line, err)
	}
	certificate, err := x509.ParseCertificate(hello.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	s := &simulation{t: t}
	s.reach(hello.URL, certificate)
	return s
}

// serveSimulator is the other process: it serves until its input ends, and returns its exit
// code.
func serveSimulator(dir string) int {
	err := errors.Join(alipaysim.GenerateKeys(dir, appID), serve(dir))
	if err != nil {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	return 0
}

func serve(dir string) error {
	app, err := alipaysim.LoadApp(dir, appID)
	if err != nil {
		return err
	}
	app.WebSocket = []string{"*"}
	config := simulatorConfig(dir, app)
	config.AckTimeout = 1500 * time.Millisecond // enough for a client that shares its core with others
	sim, err := alipaysim.Open(config)
	if err != nil {
		return err
	}
	server := httptest.NewTLSServer(sim.Handler())
	ended := make(chan error, 1)
	go func() { ended <- sim.Run(context.Background()) }()
	err = json.NewEncoder(os.Stdout).Encode(greeting{server.URL, server.Certificate().Raw})
	if err == nil {
		_, err = io.Copy(io.Discard, os.Stdin)
	}
	closed := sim.Close()
	server.Close()
	return errors.Join(err, closed, <-ended)
}
