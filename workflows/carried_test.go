package workflows

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"hash/crc32"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"miniflow/attention"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/delivery"
	"miniflow/workflows/miniprogram"
)

var update = flag.Bool("update", false, "write the carried states anew")

// TestCarriedStatesKeepTheirMembers: what a workflow carries when it continues as new is
// read by the next version of Miniflow, months later. A member that is renamed or removed
// is forgotten in every workflow that runs; one that is added is a new line in the file.
func TestCarriedStatesKeepTheirMembers(t *testing.T) {
	for name, state := range map[string]any{
		"order": &orderState{}, "mini_program": &miniprogram.State{}, "delivery": &delivery.Carried{}, "bulk": &order.BulkCarried{},
		"attention": &attention.Input{},
	} {
		fillByName(reflect.ValueOf(state).Elem(), name)
		written, err := json.MarshalIndent(state, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		written = append(written, '\n')
		file := filepath.Join("testdata", "carried", name+".json")
		if *update {
			if err := os.WriteFile(file, written, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		carried, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(string(carried), string(written)); diff != "" {
			t.Errorf("%s: carried before (-) and now (+); CONTRIBUTING.md says what may change:\n%s", name, diff)
		}
		resumed := reflect.New(reflect.TypeOf(state).Elem()).Interface()
		strict := json.NewDecoder(bytes.NewReader(carried))
		strict.DisallowUnknownFields()
		if err := strict.Decode(resumed); err != nil {
			t.Errorf("%s: the next run can't read it: %v", name, err)
		}
		again, err := json.MarshalIndent(resumed, "", "  ")
		if diff := gocmp.Diff(string(carried), string(again)+"\n"); diff != "" || err != nil {
			t.Errorf("%s: carried (-) and carried again by the next run (+), %v:\n%s", name, err, diff)
		}
	}
}

// formerNames are the names that fields had when the files were written, since a value is
// made of its field's name.
var formerNames = map[string]string{
	"Applied": "Told", "Assertions": "Claims", "Escalated": "Barked", "QuestionRefused": "Blind",
	"Kept": "Held", "KeptAt": "HeldAt", "KeptBytes": "HeldBytes", "Revoked": "Dead",
}

// fillByName gives every field a value of its own, by its name alone: a field that comes
// between others changes none of theirs.
func fillByName(v reflect.Value, path string) {
	number := int64(crc32.ChecksumIEEE([]byte(path))%1000) + 1
	switch v.Type() {
	case reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(time.Duration(number) * time.Minute)))
		return
	case reflect.TypeFor[json.RawMessage]():
		v.Set(reflect.ValueOf(json.RawMessage(`{}`)))
		return
	case reflect.TypeFor[time.Duration](), reflect.TypeFor[order.Duration]():
		v.SetInt(number * int64(time.Minute))
		return
	case reflect.TypeFor[order.Schedule](): // its text leaves out how often the last pace is kept
		v.Set(reflect.ValueOf(order.Schedule{{Every: time.Duration(number) * time.Minute}}))
		return
	case reflect.TypeFor[words.Text](): // as it was carried when it was a sentence; the form with a code is tested in its package
		v.Set(reflect.ValueOf(words.Plain(strings.ToLower(path[strings.LastIndex(path, ".")+1:]))))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fillByName(v.Field(i), path+"."+cmp.Or(formerNames[v.Type().Field(i).Name], v.Type().Field(i).Name))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillByName(v.Elem(), path)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fillByName(v.Index(0), path)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fillByName(key, path+".key")
		fillByName(value, path)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString(strings.ToLower(path[strings.LastIndex(path, ".")+1:]))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(float64(number))
	case reflect.Uint8: // of bytes
		v.SetUint(uint64(number % 256))
	case reflect.Int, reflect.Int64:
		v.SetInt(number)
	default:
		panic("a carried state has a " + v.Type().String() + " at " + path + ": let fillByName give it a value")
	}
}
