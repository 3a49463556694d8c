package service

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/keys"
	"miniflow/internal/config"
)

// changed is an app that has changed from RSA2 to SM2, with the former method until a moment.
func changed(t *testing.T, until time.Time) config.App {
	t.Helper()
	private, _ := pairOf(t, keys.SM2)
	_, alipays := pairOf(t, keys.SM2)
	_, before := pairOf(t, keys.RSA2)
	return config.App{
		ID: "2021000000000001", Environment: config.Sandbox, PrivateKey: config.Secret(private),
		AlipayPublicKeys: []config.PublicKey{{Key: alipays}},
		Former:           config.Former{AlipayPublicKeys: []config.PublicKey{{Key: before}}, Until: until.Format(time.RFC3339)},
	}
}

// TestAFormerMethodEndsByItself checks that verifiers have the former keys up to the moment, and
// answers never.
func TestAFormerMethodEndsByItself(t *testing.T) {
	var said bytes.Buffer
	log := slog.New(slog.NewTextHandler(&said, nil))
	apps, warnings, err := readApps(&config.Config{Apps: []config.App{changed(t, time.Now().Add(2*time.Second))}}, log, nil)
	if err != nil || len(warnings) != 0 {
		t.Fatal(err, warnings)
	}
	if got := verifiedApps(apps)[0]; len(got.FormerKeys) != 1 || len(got.AlipayKeys) != 1 {
		t.Errorf("before the moment: %d and %d keys", len(got.AlipayKeys), len(got.FormerKeys))
	}
	if answers := apps[0].keys.lookup(""); len(answers) != 1 || keys.SignTypeOf(answers[0]) != keys.SM2 {
		t.Errorf("answers are verified with %d keys", len(answers))
	}
	s := &Service{apps: apps, options: Options{Log: log}}
	s.endFormer(t.Context())
	if !strings.Contains(said.String(), "refused from now on") || len(verifiedApps(apps)[0].FormerKeys) != 0 {
		t.Errorf("the former method is accepted for ever; the log has %s", said.String())
	}
}

// TestAFormerMethodIsRefused where it could be accepted for long, or is no former one.
func TestAFormerMethodIsRefused(t *testing.T) {
	soon := time.Now().Add(24 * time.Hour)
	same := changed(t, soon)
	same.Former.AlipayPublicKeys = same.AlipayPublicKeys
	for name, c := range map[string]struct {
		app     config.App
		problem string
		warning string
	}{
		"in order":           {changed(t, soon), "", ""},
		"eight days":         {changed(t, soon.Add(mostFormer)), "former.until", ""},
		"over":               {changed(t, soon.Add(-25*time.Hour)), "", "former.until"},
		"of the same method": {same, "former.alipay_public_keys[0].key", ""},
	} {
		_, warnings, err := readApps(&config.Config{Apps: []config.App{c.app}}, slog.New(slog.DiscardHandler), nil)
		if (err != nil) != (c.problem != "") || err != nil && !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: %v", name, err)
		}
		if (len(warnings) > 0) != (c.warning != "") || len(warnings) > 0 && !strings.Contains(warnings[0].Field, c.warning) {
			t.Errorf("%s: %v", name, warnings)
		}
		if name == "of the same method" && !errors.Is(err, errNotFormer) {
			t.Errorf("%v", err)
		}
	}
}
