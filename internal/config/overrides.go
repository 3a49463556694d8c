package config

import (
	"reflect"
	"slices"
	"strings"

	"miniflow/internal/spelling"
)

const variablePrefix = "MINIFLOW"

// override applies the environment to the configuration. It runs after the file, because the
// entries of the file's lists give the variables their names.
func (c *Config) override(getenv func(string) string) Problems {
	var problems Problems
	visit(reflect.ValueOf(c).Elem(), "", variablePrefix, func(value reflect.Value, path, variable string) {
		c.sources.variables[variable] = true
		text := getenv(variable)
		if text == "" {
			return
		}
		c.sources.fields[path] = source{variable: variable}
		if err := setFromVariable(value, text); err != nil {
			c.problem(&problems, path, "%v", err)
		}
	})
	return append(problems, c.chooseOne()...)
}

func setFromVariable(value reflect.Value, text string) error {
	if word, ok := value.Addr().Interface().(worded); ok {
		return word.fromWord(text)
	}
	if single(value) {
		return setText(value, text)
	}
	list := reflect.MakeSlice(value.Type(), 0, 1)
	for word := range strings.SplitSeq(text, ",") {
		list = reflect.Append(list, reflect.ValueOf(strings.TrimSpace(word)).Convert(value.Type().Elem()))
	}
	value.Set(list)
	return nil
}

// chooseOne keeps one of x and x_file: a variable takes precedence over the file, but two
// from the same source are a problem, because either may be the one that was meant.
func (c *Config) chooseOne() Problems {
	var problems Problems
	c.textAndFile(func(text, file reflect.Value, path string) {
		if text.String() == "" || file.String() == "" {
			return
		}
		fromText, fromFile := c.sources.fields[path], c.sources.fields[path+"_file"]
		switch {
		case fromText.variable != "" && fromFile.variable == "":
			file.SetString("")
		case fromText.variable == "" && fromFile.variable != "":
			text.SetString("")
		default:
			c.problem(&problems, path, "is given twice, here and as %s_file (%s); leave one", path, c.Where(path+"_file"))
		}
	})
	return problems
}

func (c *Config) textAndFile(see func(text, file reflect.Value, path string)) {
	values := map[string]reflect.Value{}
	var paths []string
	visit(reflect.ValueOf(c).Elem(), "", "", func(value reflect.Value, path, _ string) {
		values[path] = value
		paths = append(paths, path)
	})
	for _, path := range paths {
		if file, both := values[path+"_file"]; both {
			see(values[path], file, path)
		}
	}
}

// UnknownVariables returns the variables of an environment (as os.Environ returns it) that
// begin with MINIFLOW_ but are never read, each with the name that was probably meant. A
// misspelt variable would otherwise have no effect, silently.
func (c *Config) UnknownVariables(environ []string) []Problem {
	known := make([]string, 0, len(c.sources.variables))
	for variable := range c.sources.variables {
		known = append(known, variable)
	}
	slices.Sort(known)
	var problems []Problem
	for _, setting := range environ {
		variable, _, _ := strings.Cut(setting, "=")
		if !strings.HasPrefix(variable, variablePrefix+"_") || c.sources.variables[variable] {
			continue
		}
		text := "no such setting; see `miniflow config example` for the names"
		if near := spelling.Nearest(variable, known); near != "" {
			text = "no such setting; did you mean " + near + "?"
		}
		problems = append(problems, Problem{Where: "variable " + variable, Text: text})
	}
	return problems
}
