package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// worded is a mapping that may also be a single word, so that `sealing: none` reads like a
// decision.
type worded interface{ fromWord(word string) error }

// named is implemented by entries of lists that have a name, because a variable that names an
// index would mean another entry once one is added.
type named interface{ entry() string }

type field struct {
	key   string
	value reflect.Value
}

// fieldsOf returns the fields of a struct by their YAML names, or json names because the
// types of package order have only those.
func fieldsOf(value reflect.Value) []field {
	var fields []field
	for structField := range value.Type().Fields() {
		key, _, _ := strings.Cut(structField.Tag.Get("yaml"), ",")
		if key == "" {
			key, _, _ = strings.Cut(structField.Tag.Get("json"), ",")
		}
		if structField.IsExported() && key != "" && key != "-" {
			fields = append(fields, field{key, value.FieldByIndex(structField.Index)})
		}
	}
	return fields
}

func single(value reflect.Value) bool {
	if _, text := value.Addr().Interface().(encoding.TextUnmarshaler); text {
		return true
	}
	switch value.Kind() {
	case reflect.Struct, reflect.Map, reflect.Slice:
		return false
	default:
		return true
	}
}

// setText sets a scalar from its text. Errors name what was expected and never repeat the
// text, because it may be a secret in the wrong place.
func setText(value reflect.Value, text string) error {
	if reader, ok := value.Addr().Interface().(encoding.TextUnmarshaler); ok {
		// The text may be repeated here, because only durations and schedules implement this,
		// and they contain no secrets.
		return reader.UnmarshalText([]byte(text))
	}
	switch value.Kind() {
	case reflect.String:
		value.SetString(text)
		return nil
	case reflect.Bool:
		return setParsed(text, strconv.ParseBool, value.SetBool, "true or false")
	case reflect.Int, reflect.Int64:
		parse := func(text string) (int64, error) { return strconv.ParseInt(text, 10, 64) }
		return setParsed(text, parse, value.SetInt, "a whole number")
	case reflect.Float64:
		parse := func(text string) (float64, error) { return strconv.ParseFloat(text, 64) }
		return setParsed(text, parse, value.SetFloat, "a number")
	default:
		return fmt.Errorf("can't be set: %s", value.Type())
	}
}

func setParsed[T any](text string, parse func(string) (T, error), set func(T), expected string) error {
	parsed, err := parse(text)
	if err != nil {
		return errors.New("has to be " + expected)
	}
	set(parsed)
	return nil
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// visit calls see for every scalar and every list of scalars below value, in the order of the
// struct, so that problems have that order too. variable is the name of the variable, in
// which entries of lists are named by their own names.
func visit(value reflect.Value, path, variable string, see func(value reflect.Value, path, variable string)) {
	if _, word := value.Addr().Interface().(worded); word || single(value) {
		see(value, path, variable)
	}
	switch {
	case single(value):
	case value.Kind() == reflect.Struct:
		for _, field := range fieldsOf(value) {
			visit(field.value, join(path, field.key), variable+"_"+variableName(field.key), see)
		}
	case value.Kind() == reflect.Slice && value.Type().Elem().Kind() == reflect.String:
		see(value, path, variable)
	case value.Kind() == reflect.Slice:
		for i := range value.Len() {
			place := strconv.Itoa(i)
			step := place
			if entry, ok := value.Index(i).Interface().(named); ok && entry.entry() != "" {
				step = variableName(entry.entry())
			}
			visit(value.Index(i), path+"["+place+"]", variable+"_"+step, see)
		}
	}
}

func variableName(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToUpper(name))
}
