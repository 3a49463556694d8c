package backtest_test

import (
	"bufio"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
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

	"miniflow/cmd/miniflow/internal/backtest/synth"
)

// lines is how long the log of the benchmark is: -lines 1000000 is what is promised.
var lines = flag.Int("lines", 20_000, "lines of the log that the benchmark reads")

// BenchmarkBacktest reads a log with everything planted in it, beside bare RSA verifications on as
// many cores. The two alternate, so that other load on the machine affects both; the ratio is lines
// to verifications in the same time. VmHWM is the most memory that a reading has taken.
func BenchmarkBacktest(b *testing.B) {
	h := logged(b, synth.Log{Lines: 1, Seed: 1})
	path := filepath.Join(h.folder, "notify.log")
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	to := bufio.NewWriter(file)
	truth, key, err := synth.Log{Lines: *lines, Seed: 1, Noise: 20, Forgeries: 100}.Write(to)
	if err != nil || to.Flush() != nil || file.Close() != nil {
		b.Fatal(err)
	}
	var perSecond, bare, ratios []float64
	for b.Loop() {
		forgetPeak()
		before := rsaPerSecond(b, key, *lines/8)
		began := time.Now()
		found := h.report(10, path)
		speed := float64(found.Lines) / time.Since(began).Seconds()
		both := (before + rsaPerSecond(b, key, *lines/8)) / 2
		perSecond, bare, ratios = append(perSecond, speed), append(bare, both), append(ratios, speed/both)
		if found.Lost != truth.LostEight+truth.LostLater || found.Forged != truth.Forged || found.Repeated != truth.Repeated {
			b.Fatalf("planted %+v, found %+v", truth, found)
		}
	}
	b.ReportMetric(middle(perSecond), "lines/s")
	b.ReportMetric(middle(bare), "rsa/s")
	b.ReportMetric(middle(ratios), "ratio")
	b.ReportMetric(peak(), "VmHWM-MB")
}

// rsaPerSecond verifies one signature over and over on every core.
func rsaPerSecond(b *testing.B, key *synth.Key, times int) float64 {
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

// BenchmarkLines is how long the reading of one line takes without its verification: what it
// can cost at most beside an RSA operation decides the ratio.
func BenchmarkKey(b *testing.B) {
	key := synth.NewKey(rand.New(rand.NewPCG(1, 1)))
	for b.Loop() {
		key.Sign([]byte("text"))
	}
}
