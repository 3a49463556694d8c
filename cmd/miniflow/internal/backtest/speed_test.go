//go:build unix

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
	"syscall"
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
// to verifications in the same time, and cpu-ratio in the same time of the processor, which
// other load changes less. VmHWM is the most memory that a reading has taken.
func BenchmarkBacktest(b *testing.B) {
	h, path := made(b)
	var perSecond, bare, ratios, ofCPU []float64
	signer()
	for b.Loop() {
		forgetPeak()
		times := h.truth.Lines / 8
		start, used := time.Now(), cpu()
		verifyOnly(b, times)
		began, usedBefore := time.Now(), cpu()
		found := h.report(10, path)
		ended, usedThen := time.Now(), cpu()
		verifyOnly(b, times)
		speed := float64(found.Lines) / ended.Sub(began).Seconds()
		both := float64(2*times) / (time.Since(ended) + began.Sub(start)).Seconds()
		perSecond, bare, ratios = append(perSecond, speed), append(bare, both), append(ratios, speed/both)
		own, theirs := (usedThen-usedBefore)/float64(found.Lines), (cpu()-usedThen+usedBefore-used)/float64(2*times)
		ofCPU = append(ofCPU, theirs/own)
		truth := planted(found)
		truth.Lost = h.truth.Lost // the worst ten alone are shown
		if diff := gocmp.Diff(h.truth, truth); diff != "" {
			b.Fatalf("planted (-), found (+):\n%s", diff)
		}
	}
	b.ReportMetric(middle(perSecond), "lines/s")
	b.ReportMetric(middle(bare), "rsa/s")
	b.ReportMetric(middle(ratios), "ratio")
	b.ReportMetric(middle(ofCPU), "cpu-ratio")
	b.ReportMetric(peak(), "VmHWM-MB")
}

// signer is made once, because making it costs more than some verifications.
var signer = sync.OnceValue(func() *synth.Key { return synth.NewKey(rand.New(rand.NewPCG(1, 1))) })

// cpu returns the seconds of the processor that this process has used.
func cpu() float64 {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used) // nobody else is asked about
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9
}

// verifyOnly verifies one signature over and over on every core.
func verifyOnly(b *testing.B, times int) {
	b.Helper()
	key := signer()
	text := []byte("text")
	sum := sha256.Sum256(text)
	signature, err := base64.StdEncoding.DecodeString(key.Sign(text))
	if err != nil {
		b.Fatal(err)
	}
	cores := runtime.GOMAXPROCS(0)
	var workers sync.WaitGroup
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
