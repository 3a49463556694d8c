package rollout_test

import (
	"strings"
	"testing"

	"miniflow/order"
	"miniflow/rollout"
)

// A file of configurations is a line for each mini program; what is wrong is named by its line alone.
func TestFilesOfConfigurations(t *testing.T) {
	good := "{\"mini_app_id\":\"1\",\"ext\":{\"a\":1}}\n\n{\"mini_app_id\":\"2\",\"ext\":{}}\r\n"
	if exts, err := rollout.ReadExts([]byte(good)); err != nil || len(exts) != 2 || string(exts["1"]) != `{"a":1}` {
		t.Errorf("%v, %v", exts, err)
	}
	for name, bad := range map[string]string{
		"no JSON": "{", "no id": `{"ext":{}}`, "no ext": `{"mini_app_id":"1"}`, "null": `{"mini_app_id":"1","ext":null}`, "a text": `{"mini_app_id":"1","ext":"secret"}`,
		"twice": `{"mini_app_id":"1","ext":{}}` + "\n" + `{"mini_app_id":"1","ext":{}}`, "long": `{"mini_app_id":"1","ext":{"a":"` + strings.Repeat("a", order.MaxExtBytes) + `"}}`,
		"longer": strings.Repeat("a", 3*order.MaxExtBytes),
	} {
		if _, err := rollout.ReadExts([]byte(good + bad)); err == nil || !strings.Contains(err.Error(), "line 4") && !strings.Contains(err.Error(), "line 5") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
