package consoletest

import "testing"

// TestLogIn logs in, in every way to look.
func TestLogIn(t *testing.T) {
	for _, v := range append(visitors, visitor{"zh-CN", true, true}, visitor{"en", false, true}) {
		t.Run(v.String(), func(t *testing.T) {
			b := open(t, v)
			b.logIn("/")
			b.reads(v.says("概览", "Overview"))
			if path := b.path(); path != "/console" {
				t.Errorf("led to %s", path)
			}
		})
	}
}
