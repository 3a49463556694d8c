package config

import (
	"fmt"
	"strings"
)

type source struct {
	line     int
	variable string
	file     string
}

// sources holds where every field came from, by path, because problems name it, and every
// variable that was looked up, because any other is misspelt.
type sources struct {
	name      string
	fields    map[string]source
	variables map[string]bool
}

// inline reports whether the value is in the configuration file itself, where a key in clear
// is not allowed.
func (s sources) inline(path string) bool {
	found := s.fields[path]
	return found.line > 0 && found.variable == "" && found.file == ""
}

// Where returns where a field was set, such as "miniflow.yaml:12" or "variable
// MINIFLOW_LISTEN"; for a field that was not set, the position of its nearest parent, because
// a missing key belongs there. Paths are written as in problems: apps[0].private_key.
func (c *Config) Where(path string) string {
	for at := path; at != ""; at = parent(at) {
		if found, known := c.sources.fields[at]; known {
			return c.sources.describe(found)
		}
	}
	if c.sources.name == "" {
		return "configuration"
	}
	return c.sources.name
}

func (s sources) describe(found source) string {
	text := fmt.Sprintf("%s:%d", s.name, found.line)
	if found.variable != "" {
		text = "variable " + found.variable
	}
	if found.file != "" {
		text += " (file " + found.file + ")"
	}
	return text
}

func parent(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}

func (c *Config) problem(problems *Problems, path, format string, args ...any) {
	*problems = append(*problems, Problem{Field: path, Where: c.Where(path), Text: fmt.Sprintf(format, args...)})
}
