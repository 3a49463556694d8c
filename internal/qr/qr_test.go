package qr

import (
	"strings"
	"testing"
)

// TestACodeIsDrawn of attributes alone, and nothing of what no code can hold.
func TestACodeIsDrawn(t *testing.T) {
	drawn := string(SVG("https://simulator.invalid/experience?a=1&b=\"<2>"))
	if !strings.HasPrefix(drawn, `<svg class="qr"`) || strings.Contains(drawn, "style") || strings.Contains(drawn, "simulator") {
		t.Errorf("drawn as %s", drawn)
	}
	if again := string(SVG("https://simulator.invalid/experience?a=2")); again == drawn {
		t.Error("two texts are drawn alike")
	}
	if drawn := SVG(strings.Repeat("x", 4000)); drawn != "" {
		t.Errorf("too long a text is drawn as %.60s", drawn)
	}
}
