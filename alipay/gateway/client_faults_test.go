package gateway_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
)

// TestWhatGoesWrongOnTheWay hits one create with every fault of the simulator. A call that
// may have been carried out is an unknown result; repeating it with the same number returns
// the one order.
func TestWhatGoesWrongOnTheWay(t *testing.T) {
	// cause is the reason that the error wraps, effect whether Alipay carried it out
	// nevertheless, and traced whether an answer came at all, which carries a trace_id.
	type end struct {
		class          codes.Class
		cause          error
		effect, traced bool
	}
	ends := map[string]end{
		alipaysim.FaultError:            {codes.ClassRetry, nil, false, true},
		alipaysim.FaultRateLimit:        {codes.ClassRetry, nil, false, true},
		alipaysim.FaultHTTPStatus:       {codes.ClassUnknown, gateway.ErrHTTPStatus, false, true},
		alipaysim.FaultDropBefore:       {codes.ClassUnknown, gateway.ErrNoAnswer, false, false},
		alipaysim.FaultDropAfterCommit:  {codes.ClassUnknown, gateway.ErrNoAnswer, true, false},
		alipaysim.FaultStallAfterCommit: {codes.ClassUnknown, gateway.ErrNoAnswer, true, false},
		alipaysim.FaultSlow:             {codes.ClassUnknown, gateway.ErrNoAnswer, true, false},
		alipaysim.FaultHalfAnswer:       {codes.ClassUnknown, gateway.ErrNoAnswer, true, true},
		alipaysim.FaultUnsigned:         {codes.ClassUnknown, gateway.ErrUnsigned, true, true},
		alipaysim.FaultBadSignature:     {codes.ClassUnknown, gateway.ErrBadSignature, true, true},
	}
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			p := newPlatform(t, m)
			hasty := p.client(func(c *gateway.Config) { c.Timeout = 500 * time.Millisecond })
			for _, kind := range alipaysim.FaultKinds() {
				want, known := ends[kind]
				if kind == alipaysim.FaultOtherAnswer { // nothing goes wrong on the way
					continue
				}
				if !known {
					t.Errorf("nothing is expected of %s", kind)
					continue
				}
				must(t, p.sim.SetFaults(alipaysim.Faults{Faults: []alipaysim.Fault{fault(kind)}}))
				number := "no-" + strings.ReplaceAll(kind, "_", "-")
				_, err := hasty.CreateMiniProgram(patient(t), number, fieldsFor(t, kind))
				var failed *gateway.Error
				if !errors.As(err, &failed) || failed.Class != want.class || (want.cause != nil && !errors.Is(err, want.cause)) {
					t.Errorf("%s ended with %v, want class %s", kind, err, want.class)
					continue
				}
				if (failed.TraceID != "") != want.traced || !strings.Contains(err.Error(), failed.TraceID) {
					t.Errorf("%s: trace %q, want one %t, and in the text: %v", kind, failed.TraceID, want.traced, err)
				}
				if kind == alipaysim.FaultRateLimit && !failed.Slow {
					t.Error("40005 does not ask for a long pause")
				}
				first, err := p.client().CreateMiniProgram(patient(t), number, fieldsFor(t, kind))
				if err != nil || first == "" {
					t.Errorf("%s: sent again: %q %v", kind, first, err)
				}
				p.once(kind, number, want.effect)
			}
		})
	}
}

// once checks the simulator's own record: of all creates with a number one had an effect, the
// first where the fault allows it.
func (p *platform) once(kind, number string, atFirst bool) {
	p.t.Helper()
	var effects []bool
	for _, call := range p.calls() {
		if call.Key == number {
			effects = append(effects, call.Effect)
		}
	}
	if want := []bool{atFirst, !atFirst}; !slices.Equal(effects, want) {
		p.t.Errorf("%s: effects of the creates %v, want %v", kind, effects, want)
	}
}

func fault(kind string) alipaysim.Fault {
	f := alipaysim.Fault{Method: "*.isv.create", Kind: kind, Times: 1}
	switch kind {
	case alipaysim.FaultSlow:
		f.For = alipaysim.Duration(700 * time.Millisecond) // longer than the client waits
	case alipaysim.FaultStallAfterCommit:
		f.For = alipaysim.Duration(time.Minute)
	case alipaysim.FaultError:
		f.SubCode = "RPC_INVOKE_ERROR"
	}
	return f
}

// fieldsFor returns the fields of a new merchant, since a merchant can have only one order at
// a time.
func fieldsFor(t *testing.T, who string) json.RawMessage {
	t.Helper()
	var fields map[string]string
	must(t, json.Unmarshal([]byte(createFields), &fields))
	fields["alipay_account"], fields["app_name"] = who+"@example.com", "店 "+who
	text, err := json.Marshal(fields)
	must(t, err)
	return text
}

// TestKeysThatDoNotFit checks that content that either side can't decrypt, and signatures
// that don't hold, end in an error about keys.
func TestKeysThatDoNotFit(t *testing.T) {
	for name, test := range map[string]struct {
		mode   mode
		change func(*gateway.Config)
		class  codes.Class
		says   string
	}{
		"another AES key": {mode{encrypted: true}, func(c *gateway.Config) { c.AESKey = []byte("fedcba9876543210") },
			codes.ClassPermanent, "compare the AES key"},
		"Alipay's key of somebody else": {mode{}, func(c *gateway.Config) { c.AlipayKey = anotherKey(t) },
			codes.ClassUnknown, "check that Alipay's public key of this app is configured"},
		"certificates at an app with keys": {mode{}, func(c *gateway.Config) { c.AppCertSN, c.AlipayRootCertSN = "aa", "bb" },
			codes.ClassPermanent, "public key or certificate"},
		"keys at an app with certificates": {mode{certificates: true}, func(c *gateway.Config) { c.AppCertSN, c.AlipayRootCertSN = "", "" },
			codes.ClassPermanent, "compare the application's public key"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlatform(t, test.mode)
			_, err := p.client(test.change).CheckName(patient(t), "", "一间咖啡")
			if gateway.ClassOf(err) != test.class || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %v, want class %s and %q", err, test.class, test.says)
			}
		})
	}
}

// TestAStormOfLimits checks that while Alipay answers 40005 to everything, each call ends at
// once, asks for a long pause and is not repeated.
func TestAStormOfLimits(t *testing.T) {
	p := newPlatform(t, mode{})
	must(t, p.sim.SetFaults(alipaysim.Faults{Faults: []alipaysim.Fault{{Kind: alipaysim.FaultRateLimit}}}))
	client := p.client()
	const storm = 8
	for range storm {
		_, err := client.QueryMiniProgramOrder(patient(t), "1")
		var failed *gateway.Error
		if !errors.As(err, &failed) || failed.Class != codes.ClassRetry || !failed.Slow || failed.Code != "40005" {
			t.Fatalf("error %v, want a slow retry", err)
		}
	}
	if calls := p.calls(); len(calls) != storm {
		t.Errorf("%d calls arrived, want %d", len(calls), storm)
	}
	p.manage(http.MethodPut, "faults", `{"faults":[]}`, nil)
	if _, err := client.CheckName(patient(t), "", "一间咖啡"); err != nil {
		t.Errorf("after the storm: %v", err)
	}
}
