package spelling_test

import (
	"testing"

	"miniflow/internal/spelling"
)

func TestASlipOfThePen(t *testing.T) {
	known := []string{"app_name", "app_logo", "auto_online", "memo"}
	for word, want := range map[string]string{
		"app_nme": "app_name", "app_names": "app_name", "ap_logo": "app_logo", "autoonline": "auto_online",
		"meno": "memo", "mmo": "memo", "meemo": "memo",
		"app_slogan": "app_logo", // three of ten: the limit
		"me":         "", "": "", "colour": "", "moem": "",
	} {
		if got := spelling.Nearest(word, known); got != want {
			t.Errorf("%q stands for %q, want %q", word, got, want)
		}
	}
}

func TestASlipInTheNameOfASetting(t *testing.T) {
	known := []string{"listen", "notify_path", "public_url", "log"}
	for word, want := range map[string]string{
		"lisen": "listen", "listne": "listen", "notifypath": "notify_path", "publicurl": "public_url", "lgo": "", "log_": "log",
		"frobnicate": "", "": "", "l": "",
	} {
		if got := spelling.Nearest(word, known); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}
