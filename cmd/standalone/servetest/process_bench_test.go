package servetest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"miniflow/alipay/alipaysim"
	"miniflow/alipay/keys"
	"miniflow/cmd/standalone/internal/outside"
)

// BenchmarkDoorProcess measures the shipped program with the role door alone and a journal,
// while Temporal is down and a burst comes: what it accepts, how soon, and how much memory is
// resident. `-benchtime=1x` runs it once.
func BenchmarkDoorProcess(b *testing.B) {
	for range b.N {
		dir := b.TempDir()
		program := filepath.Join(dir, "miniflow")
		ready(b, outside.Build(b.Context(), filepath.Join("..", "..", "miniflow"), program))
		ready(b, alipaysim.GenerateKeys(filepath.Join(dir, "keys"), appID))
		alipay, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // an address that nobody answers on
		ready(b, err)
		b.Cleanup(func() { _ = alipay.Close() })
		config := filepath.Join(dir, "miniflow.yaml")
		ready(b, os.WriteFile(filepath.Join(dir, "api_key.txt"), []byte("the-backend's-own-key-of-the-test"), 0o600))
		ready(b, os.WriteFile(config, []byte((&production{alipay: alipay}).configuration()), 0o600))
		pem, err := os.ReadFile(filepath.Join(dir, "keys", appID, "alipay_private.pem"))
		ready(b, err)
		a := &acceptance{}
		a.private, err = keys.ParsePrivateKey(string(pem))
		ready(b, err)
		process, err := outside.Start(b.Context(), program, []string{"serve", "--config", config, "--roles", "door"}, []string{
			"TEMPORAL_ADDRESS=127.0.0.1:1", "MINIFLOW_SEALING_KEYS_FIRST_KEY=BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
			"MINIFLOW_DOOR_ACCEPT=journal", "MINIFLOW_DOOR_JOURNAL_DIR=" + filepath.Join(dir, "journal"),
		})
		ready(b, err)
		address := ""
		ready(b, process.Await(b.Context(), often, func() error {
			if address = listenAddress(process.Output()); address == "" {
				return errors.New("it does not listen")
			}
			return nil
		}))
		b.ReportMetric(resident(b, process, "VmRSS"), "idle-MB")
		l := a.offer(b, address, a.signedFor(b, "n", burst))
		b.ReportMetric(l.rate, "accepted/s")
		b.ReportMetric(float64(l.percentile(.99).Microseconds())/1000, "saturated-p99-ms")
		b.ReportMetric(resident(b, process, "VmHWM"), "peak-MB")
		a.paced(b, "process", address, a.signedFor(b, "p", 4_000), .7*l.rate)
		ready(b, process.Terminate(b.Context()))
	}
}

// resident reads a size of a process from Linux, in megabytes.
func resident(b *testing.B, process *outside.Process, name string) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process.PID()))
	ready(b, err)
	found := regexp.MustCompile(name + `:\s*(\d+) kB`).FindSubmatch(text)
	if found == nil {
		b.Fatalf("Linux says no %s", name)
	}
	size, err := strconv.ParseFloat(string(found[1]), 64)
	ready(b, err)
	return size * 1024 / 1e6
}
