package config

import (
	"cmp"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"miniflow/order"
)

// TestTheExampleShowsEverySetting checks that every setting is in the example, by its own
// name or as its file.
func TestTheExampleShowsEverySetting(t *testing.T) {
	text := string(Example())
	shown := func(key string) bool {
		return regexp.MustCompile(`(?m)^[ #-]*` + regexp.QuoteMeta(key) + `:`).MatchString(text)
	}
	keys := settings(reflect.TypeFor[Config]())
	if len(keys) < 60 {
		t.Fatalf("only %d settings were found", len(keys))
	}
	for _, key := range keys {
		if !shown(key) && !shown(key+"_file") && !strings.Contains(text, "`"+key+": ") {
			t.Errorf("%s is not in the example", key)
		}
	}
	for stage := range order.DefaultSchedules().Watchdogs {
		if !shown(string(stage)) {
			t.Errorf("the watchdog of %s is not in the example", stage)
		}
	}
}

// settings returns the keys of a configuration's type and of all its parts.
func settings(kind reflect.Type) []string {
	switch kind.Kind() {
	case reflect.Pointer, reflect.Slice:
		return settings(kind.Elem())
	case reflect.Struct:
	default:
		return nil
	}
	var keys []string
	for field := range kind.Fields() {
		name, _, _ := strings.Cut(cmp.Or(field.Tag.Get("yaml"), field.Tag.Get("json")), ",")
		if name == "" || name == "-" || !field.IsExported() {
			continue
		}
		keys = append(keys, name)
		keys = append(keys, settings(field.Type)...)
	}
	return keys
}
