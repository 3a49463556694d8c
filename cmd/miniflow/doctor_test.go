package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// symptoms runs doctor where something is wrong and gives what it found, by check.
func (p *program) symptoms(args ...string) map[string]symptom {
	p.t.Helper()
	found := map[string]symptom{}
	for _, one := range asks[[]symptom](p, exitFailed, append([]string{"doctor"}, args...)...) {
		found[one.Check] = one
	}
	return found
}

// TestDoctorExaminesEverything has a gateway and a door to look at; Temporal is
// out of reach, so the whole is never well.
func TestDoctorExaminesEverything(t *testing.T) {
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
	p := newProgram(t)
	skew := time.Duration(0)
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(skew).UTC().Format(http.TimeFormat))
	}))
	defer gateway.Close()
	answer, status := "fail", http.StatusForbidden
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/alipay/notify" {
			t.Errorf("%s %s", r.Method, r.URL.Path)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	defer door.Close()
	config := p.config(gateway.URL + "/gateway.do")
	args := []string{"--config", config, "--door", door.URL + "/alipay/notify", "--within", "3s"}

	found := p.symptoms(args...)
	for check, ok := range map[string]bool{"configuration": true, "keys": true, "temporal": false, "clock": true, "door": true} {
		if one, there := found[check]; !there || one.OK != ok {
			t.Errorf("%s: %+v", check, one)
		}
	}
	p.says(result{stdout: found["temporal"].Says}, exitOK, "TEMPORAL_ADDRESS", "127.0.0.1:1")

	doctor := &doctorCommand{Door: door.URL + "/alipay/notify", Within: 5 * time.Second}
	for skew = range map[time.Duration]bool{-10 * time.Minute: true, 10 * time.Minute: true} {
		if one := doctor.clock(t.Context(), gateway.URL, time.Now); one.OK {
			t.Errorf("%s off: %+v", skew, one)
		}
	}
	for _, wrong := range []struct {
		status int
		answer string
	}{{http.StatusFound, "fail"}, {http.StatusOK, "welcome"}, {http.StatusBadGateway, "fail"}} {
		status, answer = wrong.status, wrong.answer
		if one := doctor.door(t.Context(), nil); one.OK {
			t.Errorf("a door that answers %d %s is well: %+v", status, answer, one)
		}
	}
	gateway.Close()
	door.Close()
	found = p.symptoms(args...)
	if found["temporal"].OK || found["clock"].OK || found["door"].OK {
		t.Errorf("what is closed is well: %+v", found)
	}
	if found = p.symptoms(append(args, "--offline")...); len(found) != 3 {
		t.Errorf("offline it looks at %v", found)
	}
}

func TestDoctorLooksOnWithoutAConfiguration(t *testing.T) {
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
	p := newProgram(t)
	found := p.symptoms("--config", p.write("bad.yaml", "nonsense: 1"), "--within", "1s")
	if found["configuration"].OK || found["temporal"].Check == "" {
		t.Errorf("%+v", found)
	}
	p.says(p.run("doctor", "--config", p.write("bad.yaml", "nonsense: 1"), "--within", "1s"), exitFailed, "✗ configuration", "✗ temporal")
}
