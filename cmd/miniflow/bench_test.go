package main

import (
	"strings"
	"testing"

	"miniflow/cmd/internal/command"
)

// TestBenchSaysWhatItCannotMeasure gives command lines that are refused before anything is
// started.
func TestBenchSaysWhatItCannotMeasure(t *testing.T) {
	p := newProgram(t)
	here := p.Write("addresses.json", `{"api":"http://127.0.0.1:1"}`)
	noProgram := p.Write("text", "no program")
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"nothing to measure":        {nil, "--addresses"},
		"two things to measure":     {[]string{"--addresses", here, "--fresh", noProgram}, "--fresh"},
		"no such scenario":          {[]string{"sprints", "--fresh", noProgram}, "notifications"},
		"a baseline alone":          {[]string{"--baseline", noProgram}, "say what is measured"},
		"a baseline of what runs":   {[]string{"--addresses", here, "--baseline", noProgram}, "--fresh"},
		"rounds that would meet":    {[]string{"--fresh", noProgram, "--data-dir", p.Dir, "--rounds", "2"}, "--data-dir"},
		"nobody":                    {[]string{"--fresh", noProgram, "--callers", "0"}, "--callers"},
		"no time":                   {[]string{"--fresh", noProgram, "--for", "0s"}, "--for"},
		"what is not a program":     {[]string{"--fresh", noProgram}, "go -C cmd/standalone build"},
		"another program's address": {[]string{"--addresses", here}, "lacks one of"},
		"a system that is gone": {[]string{"--addresses", p.Write("gone.json",
			`{"api":"http://127.0.0.1:1","simulator":"http://127.0.0.1:1","temporal":"127.0.0.1:1","pid":1}`)}, "reach the simulator"},
	} {
		t.Run(name, func(t *testing.T) {
			p.in(t).Says(p.in(t).Run(append([]string{"bench"}, c.args...)...), command.ExitUsage, c.says)
		})
	}
}

// TestTheWorkerOfBenchIsHidden checks that people are shown bench alone, which starts its worker.
func TestTheWorkerOfBenchIsHidden(t *testing.T) {
	help := newProgram(t).Must("--help")
	if !strings.Contains(help, "Measure a running system") || strings.Contains(help, "bench-worker") {
		t.Errorf("the help is:\n%s", help)
	}
}
