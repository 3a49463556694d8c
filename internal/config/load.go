package config

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"unicode/utf8"
)

// maxFileBytes bounds the configuration and every file that it names, so that a wrong path
// fails quickly. Keys and certificate bundles have a few kilobytes.
const maxFileBytes = 1 << 20

//go:embed example.yaml
var example []byte

// Example returns a commented configuration, in English and 简体中文, that loads as soon as the
// key files that it names exist, so that an operator starts from something that works.
func Example() []byte { return bytes.Clone(example) }

// Load reads the file at path (empty: no file, only defaults and variables), applies the
// environment, reads the named files and validates the result. Invalid settings are returned
// as [Problems], all of them; then there is no Config. A file that can't be read is an error
// of its own.
func Load(path string, getenv func(string) string) (*Config, error) {
	config := Defaults()
	config.sources = sources{name: filepath.Base(path), fields: map[string]source{}, variables: map[string]bool{}}
	decoder := decoder{config: config}
	if path == "" {
		config.sources.name = ""
	} else {
		text, err := readFile(path)
		if err != nil {
			return nil, fmt.Errorf("read the configuration: %w; `miniflow config example` prints one to start from", err)
		}
		decoder.decode(text, reflect.ValueOf(config).Elem())
	}
	problems := append(decoder.problems, config.override(getenv)...)
	problems = append(problems, config.readNamedFiles(filepath.Dir(path))...)
	config.Fill()
	if len(problems) == 0 {
		// Relations are checked only once every field was read, because a misspelt key would
		// also be reported as missing.
		problems = config.Validate()
	}
	if err := problems.asError(); err != nil {
		return nil, err
	}
	return config, nil
}

func (c *Config) readNamedFiles(directory string) Problems {
	var problems Problems
	c.textAndFile(func(text, file reflect.Value, path string) {
		name := file.String()
		if name == "" || text.String() != "" {
			return
		}
		if !filepath.IsAbs(name) {
			name = filepath.Join(directory, name)
		}
		content, err := readFile(name)
		switch {
		case err != nil:
			c.problem(&problems, path+"_file", "the file can't be read: %v", err)
		case len(bytes.TrimSpace(content)) == 0:
			c.problem(&problems, path+"_file", "the file %s is empty", name)
		default:
			from := c.sources.fields[path+"_file"]
			from.file = name
			c.sources.fields[path] = from
			text.SetString(textOf(content))
		}
	})
	return problems
}

// textOf returns the value in a named file: without surrounding white space, unless it is
// armoured, where errors count lines, or binary, where every byte counts.
func textOf(content []byte) string {
	if !utf8.Valid(content) || bytes.Contains(content, []byte("-----BEGIN ")) {
		return string(content)
	}
	return strings.TrimSpace(string(content))
}

// readFile reads a bounded file, without the byte order mark that some editors write, because
// it would become part of a key. Its errors name the path once.
func readFile(path string) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // the operator names the files of their own configuration
	if err != nil {
		return nil, err
	}
	// Nothing was written, so an error of Close loses nothing.
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, maxFileBytes+1))
	if err == nil && len(content) > maxFileBytes {
		err = errors.New(path + " is larger than 1 MiB; this is not the right file")
	}
	return bytes.TrimPrefix(content, []byte("\ufeff")), err
}
