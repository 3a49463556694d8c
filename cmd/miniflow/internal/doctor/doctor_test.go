package doctor

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/commandtest"
)

// symptoms runs doctor where something is wrong and returns what it found, by check.
func (p *program) symptoms(args ...string) map[string]symptom {
	p.T.Helper()
	found := map[string]symptom{}
	for _, one := range commandtest.Asks[[]symptom](p.Program, command.ExitFailed, append([]string{"doctor"}, args...)...) {
		found[one.Check] = one
	}
	return found
}

// TestDoctorExaminesEverything has a gateway and a door to look at; Temporal is
// out of reach, so the whole is never well.
func TestDoctorExaminesEverything(t *testing.T) {
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
	p := newProgram(t)
	gateway := newAlipay(t, consoleMode{})
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/alipay/notify" {
			t.Errorf("%s %s", r.Method, r.URL.Path)
		}
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "fail")
	}))
	defer door.Close()
	config := gateway.config(p, gateway.keyMode())
	args := []string{"--config", config, "--door", door.URL + "/alipay/notify", "--within", "10s"}

	found := p.symptoms(args...)
	for check, want := range map[string]finding{
		"configuration": foundWell, "keys": foundWell, "temporal": foundIll, "clock": foundWell, "door": foundWell,
		checkPrivateKey: foundWell, checkAlipayKey: foundWell, "merchant": foundNothing,
	} {
		if one, there := found[check]; !there || one.Result != want {
			t.Errorf("%s: %+v, want %s", check, one, want)
		}
	}
	p.Says(commandtest.Result{Stdout: found["temporal"].Says}, command.ExitOK, "TEMPORAL_ADDRESS", "127.0.0.1:1")

	gateway.server.Close()
	door.Close()
	found = p.symptoms(args...)
	for _, check := range []string{"temporal", "clock", "door", "call"} {
		if found[check].Result != foundIll {
			t.Errorf("%s is closed and %+v", check, found[check])
		}
	}
}

func TestAClockThatIsOff(t *testing.T) {
	doctor := &Command{Within: 5 * time.Second}
	for _, skew := range []time.Duration{-10 * time.Minute, 10 * time.Minute} {
		off := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", time.Now().Add(skew).UTC().Format(http.TimeFormat))
		}))
		if one := doctor.clock(t.Context(), off.URL, time.Now); one.Result != foundIll {
			t.Errorf("%s off: %+v", skew, one)
		}
		off.Close()
	}
}

func TestADoorThatAnswersOtherwise(t *testing.T) {
	for _, wrong := range []struct {
		status int
		answer string
	}{{http.StatusFound, "fail"}, {http.StatusOK, "welcome"}, {http.StatusBadGateway, "fail"}} {
		door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(wrong.status)
			_, _ = io.WriteString(w, wrong.answer)
		}))
		doctor := &Command{Door: door.URL, Within: 5 * time.Second}
		if one := doctor.door(t.Context(), nil); one.Result != foundIll {
			t.Errorf("a door that answers %d %s is well: %+v", wrong.status, wrong.answer, one)
		}
		door.Close()
	}
}

// TestWhatWasNotLookedAtIsNoTick checks that a person must not take it for well.
func TestWhatWasNotLookedAtIsNoTick(t *testing.T) {
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
	p := newProgram(t)
	gateway := newAlipay(t, consoleMode{})
	config := gateway.config(p, gateway.keyMode())
	found := p.symptoms("--config", config, "--offline", "--within", "1s")
	for _, check := range []string{"alipay", "door"} {
		if found[check].Result != foundNothing {
			t.Errorf("offline: %s is %+v", check, found[check])
		}
	}
	if found := p.symptoms("--config", config, "--within", "10s"); found["door"].Result != foundNothing || found["merchant"].Result != foundNothing {
		t.Errorf("without a URL the door is %+v, without Temporal the merchant %+v", found["door"], found["merchant"])
	}
	gateway.server.Close()
	for _, line := range strings.Split(p.Run("doctor", "--config", config, "--within", "1s").Stdout, "\n") {
		if strings.Contains(line, "✓") && !strings.Contains(line, "configuration") && !strings.Contains(line, "✓ keys ") {
			t.Errorf("nothing could be reached, and it says %s", line)
		}
	}
}

func TestDoctorLooksOnWithoutAConfiguration(t *testing.T) {
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
	p := newProgram(t)
	found := p.symptoms("--config", p.Write("bad.yaml", "nonsense: 1"), "--within", "1s")
	if found["configuration"].Result != foundIll || found["temporal"].Check == "" || found["alipay"].Result != foundNothing {
		t.Errorf("%+v", found)
	}
	p.Says(p.Run("doctor", "--config", p.Write("bad.yaml", "nonsense: 1"), "--within", "1s"), command.ExitFailed, "✗ configuration", "✗ temporal")
}
