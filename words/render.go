package words

import (
	"reflect"
	"sync"
)

// Rendered returns a value with every [Text] in it said in a language, however deep it stands in
// structs, pointers, slices and maps. The value itself is left as it is: it may be shared.
//
// One walk over whatever is answered or posted means that no answer can be forgotten.
func Rendered[T any](language Language, value T) T {
	v := reflect.ValueOf(&value).Elem()
	if speaks(v.Type()) {
		v.Set(render(language, v))
	}
	return value
}

var textType = reflect.TypeFor[Text]()

func render(language Language, v reflect.Value) reflect.Value {
	if v.Type() == textType {
		return reflect.ValueOf(Plain(v.Interface().(Text).In(language)))
	}
	said := reflect.New(v.Type()).Elem()
	said.Set(v)
	switch v.Kind() { //nolint:exhaustive // the others hold no other value
	case reflect.Pointer:
		if !v.IsNil() {
			said.Set(reflect.New(v.Type().Elem()))
			said.Elem().Set(render(language, v.Elem()))
		}
	case reflect.Interface:
		if !v.IsNil() && speaks(v.Elem().Type()) {
			said.Set(render(language, v.Elem()))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() && speaks(field.Type) {
				said.Field(i).Set(render(language, v.Field(i)))
			}
		}
	case reflect.Slice:
		if !v.IsNil() {
			said.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			for i := range v.Len() {
				said.Index(i).Set(render(language, v.Index(i)))
			}
		}
	case reflect.Map:
		if !v.IsNil() {
			said.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
			for each := v.MapRange(); each.Next(); {
				said.SetMapIndex(each.Key(), render(language, each.Value()))
			}
		}
	}
	return said
}

var speaking sync.Map // reflect.Type → bool

// speaks reports whether a value of a type can hold a text, so that the walk passes by all else. A
// type that holds itself is asked about once.
func speaks(t reflect.Type) bool {
	if known, ok := speaking.Load(t); ok {
		return known.(bool)
	}
	found := holdsText(t, map[reflect.Type]bool{})
	speaking.Store(t, found)
	return found
}

func holdsText(t reflect.Type, seen map[reflect.Type]bool) bool {
	if t == textType || t.Kind() == reflect.Interface {
		return true
	}
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() { //nolint:exhaustive // the others hold no other value
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return holdsText(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if field := t.Field(i); field.IsExported() && holdsText(field.Type, seen) {
				return true
			}
		}
	}
	return false
}
