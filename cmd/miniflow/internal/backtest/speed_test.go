package backtest_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"miniflow/cmd/miniflow/internal/backtest/synth"
)

// The benchmark writes a log of some lines, or reads the one that synth/make has written into a
// folder: a million of lines take minutes to sign.
var (
	lines  = flag.Int("lines", 20_000, "lines of the log that the benchmark reads")
	folder = flag.String("log", "", "the folder of a log to read, made by synth/make")
)

// made returns the log that the benchmark reads, on disk alone, since its memory would count.
func made(b *testing.B) (h *handler, path string) {
	b.Helper()
	if *folder != "" {
		h = &handler{t: b, folder: *folder}
		text, err := os.ReadFile(filepath.Join(*folder, "truth.json"))
		if err != nil || json.Unmarshal(text, &h.truth) != nil {
			b.Fatal(err)
		}
		return h, filepath.Join(*folder, "log.txt")
	}
	h = logged(b, synth.Log{Lines: *lines, Seed: 1, Noise: 20, Forgeries: 100})
	path, h.text = h.file("log.txt", h.text), nil
	return h, path
}

// BenchmarkBacktest reads a log with everything planted in it, beside bare RSA verifications on as
// many cores. The two alternate, so that other load on the machine affects both; the ratio is lines
// to verifications in the same time. VmHWM is the most memory that a reading has taken.
func BenchmarkBacktest(b *testing.B) {
	h, path := made(b)
	var perSecond, bare, ratios []float64
	for b.Loop() {
		forgetPeak()
		before := rsaPerSecond(b, h.truth.Lines/8)
		began := time.Now()
		found := h.report(10, path)
		speed := float64(found.Lines) / time.Since(began).Seconds()
		both := (before + rsaPerSecond(b, h.truth.Lines/8)) / 2
		perSecond, bare, ratios = append(perSecond, speed), append(bare, both), append(ratios, speed/both)
		truth := planted(found)
		truth.Lost = h.truth.Lost // the worst ten alone are shown
		if diff := gocmp.Diff(h.truth, truth); diff != "" {
			b.Fatalf("planted (-), found (+):\n%s", diff)
		}
	}
	b.ReportMetric(middle(perSecond), "lines/s")
	b.ReportMetric(middle(bare), "rsa/s")
	b.ReportMetric(middle(ratios), "ratio")
	b.ReportMetric(peak(), "VmHWM-MB")
}

// rsaPerSecond verifies one signature over and over on every core.
func rsaPerSecond(b *testing.B, times int) float64 {
	b.Helper()
	key := synth.NewKey(rand.New(rand.NewPCG(1, 1)))
	text := []byte("text")
	sum := sha256.Sum256(text)
	signature, err := base64.StdEncoding.DecodeString(key.Sign(text))
	if err != nil {
		b.Fatal(err)
	}
	cores := runtime.GOMAXPROCS(0)
	var workers sync.WaitGroup
	began := time.Now()
	for range cores {
		workers.Go(func() {
			for range times / cores {
				if rsa.VerifyPKCS1v15(key.Public(), crypto.SHA256, sum[:], signature) != nil {
					b.Error("the signature does not hold")
				}
			}
		})
	}
	workers.Wait()
	return float64(times/cores*cores) / time.Since(began).Seconds()
}

func middle(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// forgetPeak makes Linux count the most memory from now on.
func forgetPeak() {
	runtime.GC()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // elsewhere there is nothing to forget
}

// peak returns the most memory that the process has had, in MB, or 0 where nobody says.
func peak() float64 {
	text, _ := os.ReadFile("/proc/self/status") // only Linux has it
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	number, _, _ := strings.Cut(strings.TrimSpace(after), " ")
	kilobytes, _ := strconv.ParseFloat(number, 64) // 0 is an answer
	return kilobytes / 1000
}
