package backtest_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/backtest"
	"miniflow/cmd/miniflow/internal/backtest/report"
	"miniflow/cmd/miniflow/internal/backtest/synth"
)

// planted is what a report has to say of a log.
func planted(found report.Report) synth.Truth {
	truth := synth.Truth{
		Lines: found.Lines, Skipped: found.Skipped, Messages: found.Messages, Verified: found.Verified, Distinct: found.Distinct,
		Accepted: found.Accepted, Forged: found.Forged, ForgedAccepted: found.ForgedAccepted, Repeated: found.Repeated,
		Conflicting: found.Conflicting, OutOfOrder: found.OutOfOrder, Orders: found.Orders,
		LostEight: found.LostWhy["eight_deliveries"], LostLater: found.LostWhy["later_stage_seen"], Lost: map[string][]string{},
	}
	for _, order := range found.Worst {
		for _, lost := range order.Lost {
			of := cmp.Or(order.OutOrderNo, order.MiniAppID)
			truth.Lost[of] = append(truth.Lost[of], lost.Name)
		}
	}
	return truth
}

// TestEverythingPlantedIsFoundAndNothingElse reads logs of every shape, half of each in gzip.
func TestEverythingPlantedIsFoundAndNothingElse(t *testing.T) {
	for seed := range uint64(3) {
		h := logged(t, synth.Log{Lines: 3000, Seed: seed + 1, Noise: 20, Forgeries: 100})
		half := bytes.IndexByte(h.text[len(h.text)/2:], '\n') + len(h.text)/2 + 1
		var packed bytes.Buffer
		zip := gzip.NewWriter(&packed)
		if _, err := zip.Write(h.text[half:]); err != nil || zip.Close() != nil {
			t.Fatal(err)
		}
		found := h.report(1<<20, h.file("notify.log", h.text[:half]), h.file("notify.log.1", packed.Bytes()))
		if diff := gocmp.Diff(h.truth, planted(found)); diff != "" {
			t.Errorf("seed %d: planted (-), found (+):\n%s", seed+1, diff)
		}
		if found.Unread+found.TooLong+found.Damaged+found.Strangers+found.Unreadable+found.Unrouted != 0 {
			t.Errorf("seed %d: %d unread, %d too long, %d damaged, %d of other apps, %d unreadable, %d of no order", seed+1,
				found.Unread, found.TooLong, found.Damaged, found.Strangers, found.Unreadable, found.Unrouted)
		}
		for what, n := range map[string]int{"forged": h.truth.ForgedAccepted, "lost": min(h.truth.LostEight, h.truth.LostLater),
			"repeated": h.truth.Repeated, "conflicting": h.truth.Conflicting, "out of order": h.truth.OutOfOrder} {
			if n == 0 {
				t.Errorf("seed %d: nothing %s was planted", seed+1, what)
			}
		}
	}
}

// TestTheWorstOrdersComeFirst and as many as are asked for.
func TestTheWorstOrdersComeFirst(t *testing.T) {
	h := logged(t, synth.Log{Lines: 3000, Seed: 7})
	path := h.file("notify.log", h.text)
	all, few := h.report(1<<20, path), h.report(5, path)
	if len(all.Worst) != h.truth.Orders || len(few.Worst) != 5 {
		t.Fatalf("%d and %d orders", len(all.Worst), len(few.Worst))
	}
	for i, one := range few.Worst {
		if diff := gocmp.Diff(all.Worst[i], one, cmpopts.IgnoreUnexported(one)); diff != "" {
			t.Error(diff)
		}
	}
	if !slices.IsSortedFunc(all.Worst, func(a, b report.Order) int { return len(b.Lost) - len(a.Lost) }) {
		t.Error("an order that has lost more comes later")
	}
}

// TestExitCodes distinguishes nothing wrong, something found, and nothing to read.
func TestExitCodes(t *testing.T) {
	h := logged(t, synth.Log{Lines: 400, Seed: 1, Forgeries: 10})
	if _, err := h.run(true, backtest.Command{Orders: 1}, h.file("forged.log", h.text)); !errors.Is(err, command.ErrNo) {
		t.Errorf("found: %v", err)
	}
	first := h.text[:bytes.IndexByte(h.text, '\n')+1]
	if _, err := h.run(true, backtest.Command{Orders: 1}, h.file("fine.log", first)); err != nil {
		t.Errorf("one good message: %v", err)
	}
	for name, text := range map[string]string{"empty": "", "other": "GET / 200\n"} {
		if _, err := h.run(true, backtest.Command{Orders: 1}, h.file(name, []byte(text))); !command.IsUsage(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := h.run(true, backtest.Command{Orders: 1}, h.folder+"/missing"); !command.IsUsage(err) {
		t.Errorf("missing: %v", err)
	}
	if _, err := h.run(true, backtest.Command{Orders: 1}, h.folder); !command.IsUsage(err) {
		t.Errorf("a folder: %v", err)
	}
}

// TestAPageReplacesNoLog: a shell that expands --html *.log names the first of them as the page.
func TestAPageReplacesNoLog(t *testing.T) {
	h := logged(t, synth.Log{Lines: 100, Seed: 1})
	first, second, page := h.file("1.log", h.text), h.file("2.log", h.text), h.file("report.html", nil)
	if _, err := h.run(false, backtest.Command{Orders: 1, HTML: first}, second); !command.IsUsage(err) {
		t.Errorf("the page is a log: %v", err)
	}
	if kept, err := os.ReadFile(first); err != nil || !bytes.Equal(kept, h.text) {
		t.Errorf("the log is gone: %v", err)
	}
	for range 2 { // an empty file and an earlier page are replaced
		if _, err := h.run(false, backtest.Command{Orders: 1, HTML: page}, second); !errors.Is(err, command.ErrNo) {
			t.Error(err)
		}
	}
}

// TestAReportIsShownWithoutItsPage, since reading may have taken an hour.
func TestAReportIsShownWithoutItsPage(t *testing.T) {
	h := logged(t, synth.Log{Lines: 100, Seed: 1})
	text, err := h.run(false, backtest.Command{Orders: 1, HTML: filepath.Join(h.folder, "none", "page.html")}, h.file("1.log", h.text))
	if !command.IsUsage(err) || !strings.Contains(text, "100 lines") {
		t.Errorf("%v %s", err, text)
	}
}

// TestAnotherKeyIsSuspected where it verifies nothing: all are hardly forged.
func TestAnotherKeyIsSuspected(t *testing.T) {
	h, other := logged(t, synth.Log{Lines: 100, Seed: 1}), logged(t, synth.Log{Lines: 100, Seed: 2})
	const hint = "nothing verifies"
	if text, err := h.run(false, backtest.Command{Orders: 1}, h.file("1.log", h.text)); strings.Contains(text, hint) {
		t.Errorf("%v %s", err, text)
	}
	if text, err := h.run(false, backtest.Command{Orders: 1}, h.file("2.log", other.text)); !errors.Is(err, command.ErrNo) || !strings.Contains(text, hint) {
		t.Errorf("%v %s", err, text)
	}
}

// TestStandardInput is read where a dash stands for it. A line that is too long is no other line.
func TestStandardInput(t *testing.T) {
	h := logged(t, synth.Log{Lines: 500, Seed: 3})
	long := bytes.Repeat([]byte("x"), 2<<20)
	h.stdin = io.MultiReader(bytes.NewReader(h.text), bytes.NewReader(long))
	if found := h.report(1, "-"); found.Messages != h.truth.Messages || found.TooLong != 1 || found.Skipped != h.truth.Skipped {
		t.Errorf("%d of %d messages, %d skipped, %d too long", found.Messages, h.truth.Messages, found.Skipped, found.TooLong)
	}
}

// TestNobodysDataIsShown in any form of the report: neither a token nor a text of a content.
func TestNobodysDataIsShown(t *testing.T) {
	h := logged(t, synth.Log{Lines: 1000, Seed: 4, Forgeries: 50})
	path, html := h.file("notify.log", h.text), filepath.Join(h.folder, "report.html")
	text, err := h.run(false, backtest.Command{Orders: 1000, HTML: html}, path)
	if !errors.Is(err, command.ErrNo) {
		t.Fatal(err)
	}
	asJSON, err := h.run(true, backtest.Command{Orders: 1000}, path)
	if !errors.Is(err, command.ErrNo) {
		t.Fatal(err)
	}
	page, err := os.ReadFile(html)
	if err != nil {
		t.Fatal(err)
	}
	for form, shown := range map[string]string{"text": text, "JSON": asJSON, "page": string(page)} {
		if !strings.Contains(shown, "synth-4-0000") {
			t.Errorf("the %s has no orders", form)
		}
		for _, secret := range []string{"synthetic", "2088000000000001", "审核", "类目", "商家"} {
			if strings.Contains(shown, secret) {
				t.Errorf("the %s shows %s", form, secret)
			}
		}
	}
}
