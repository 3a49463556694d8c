package config

import (
	"reflect"
	"testing"
)

// FuzzDecode checks that no text, however broken, panics, and that every problem has a
// position.
func FuzzDecode(f *testing.F) {
	f.Add(string(Example()))
	f.Add(whole())
	f.Add("? a: &x [*x, <<: *x]\n---\n!!binary |\n  =")
	f.Fuzz(func(t *testing.T, text string) {
		config := Defaults()
		config.sources = sources{name: "miniflow.yaml", fields: map[string]source{}, variables: map[string]bool{}}
		decoder := decoder{config: config}
		decoder.decode([]byte(text), reflect.ValueOf(decoder.config).Elem())
		for _, problem := range append(decoder.problems, config.Validate()...) {
			if problem.Where == "" || problem.Text == "" {
				t.Fatalf("a problem without its place or text: %+v", problem)
			}
		}
	})
}
