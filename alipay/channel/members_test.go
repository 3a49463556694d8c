package channel

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"
)

func TestMembers(t *testing.T) {
	for text, want := range map[string]error{
		`{}`:                               nil,
		" {\t\"a\"\r\n: 1 , \"b\":[{}] } ": nil,
		`{"a":"}{\"\\"}`:                   nil,
		`{"data":{"a":[}]}`:                nil, // the inside is not parsed
		``:                                 errNotObject,
		`{`:                                errNotObject,
		`{}}`:                              errNotObject,
		`{} x`:                             errNotObject,
		`[]`:                               errNotObject,
		`{"a"}`:                            errNotObject,
		`{"a":}`:                           errNotObject,
		`{"a":1`:                           errNotObject,
		`{"a":1,}`:                         errNotObject,
		`{,"a":1}`:                         errNotObject,
		`{"a":1 "b":2}`:                    errNotObject,
		`{"a":1"b":2}`:                     errNotObject,
		`{a:1}`:                            errNotObject,
		`{"a":"1}`:                         errNotObject,
		`{"a":{"b":1}`:                     errNotObject,
		`{"a\x":1}`:                        errNotObject,
		"{\"a\n\":1}":                      errNotObject,
		"{\"\xd6\xd0\":1}":                 errNotObject,
		"{\"a\":1}\x00":                    errNotObject,
		`{"a":1,"a":1}`:                    errTwice,
		`{"a":1,"\u0061":2}`:               errTwice,
		`{"乗":1,"\u4e57":2}`:               errTwice,
	} {
		if _, err := members([]byte(text), UTF8); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
	var many []string
	for i := range maxMembers + 1 {
		many = append(many, `"`+strings.Repeat("a", i)+`":1`)
	}
	for n, want := range map[int]error{maxMembers: nil, maxMembers + 1: errNotObject} {
		if _, err := members([]byte("{"+strings.Join(many[:n], ",")+"}"), UTF8); !errors.Is(err, want) {
			t.Errorf("%d members: %v", n, err)
		}
	}
	gbk := []byte("{\"\x81\x5c\":\"\x81\x7d\x81\x5c\",\"\x81\x30\x81\x30\":1}")
	found, err := members(gbk, GBK)
	if err != nil || string(found["乗"]) != "\"\x81\x7d\x81\x5c\"" || len(found) != 2 {
		t.Errorf("GBK: %q, %v", found, err)
	}
	if _, err := members([]byte("{\"\x81\x5c\":1,\"\\u4e57\":2}"), GBK); !errors.Is(err, errTwice) {
		t.Errorf("one name in two spellings: %v", err)
	}
}

// TestMembersInGBK checks that members of a text are found in its GBK form, byte for byte.
func TestMembersInGBK(t *testing.T) {
	word := rapid.StringOfN(rapid.SampledFrom([]rune(`ab"\{}[],:乗亄中文丂 `)), 0, 8, -1)
	rapid.Check(t, func(t *rapid.T) {
		object := rapid.MapOfN(word, rapid.MapOf(word, word), 0, 5).Draw(t, "object")
		text, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		gbk, err := simplifiedchinese.GBK.NewEncoder().Bytes(text)
		if err != nil {
			t.Fatalf("%q is not in GBK: take the rune out of the words", text)
		}
		inUTF8, err := members(text, UTF8)
		inGBK, gbkErr := members(gbk, GBK)
		if err != nil || gbkErr != nil || len(inUTF8) != len(object) || len(inGBK) != len(object) {
			t.Fatalf("%d and %d members of %d (%v, %v)", len(inUTF8), len(inGBK), len(object), err, gbkErr)
		}
		for name, value := range inUTF8 {
			if decoded, ok := GBK.decode(inGBK[name]); !ok || !bytes.Equal(decoded, value) {
				t.Fatalf("%q is %q, in GBK %q", name, value, decoded)
			}
		}
	})
}

// seeds fails when a fuzz target has lost its seeds, because it would still pass.
func seeds(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "fuzz", f.Name(), "*"))
	if err != nil || len(files) < 5 {
		f.Fatalf("%d seeds (%v)", len(files), err)
	}
	for _, file := range files {
		if text, err := os.ReadFile(file); err != nil || !bytes.HasPrefix(text, []byte("go test fuzz v1\n")) {
			f.Fatalf("%s is no seed (%v)", file, err)
		}
	}
}

// FuzzFrame checks that every frame that is read can be answered: the answer has one empty
// line, its lines are those of the frame, and it stays below the size up to which it is one
// write.
func FuzzFrame(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, payload []byte, gbk bool) {
		in := UTF8
		if gbk {
			in = GBK
		}
		read, err := readFrame(payload, in)
		if err != nil {
			var flaw *FrameError
			if read != nil || !errors.As(err, &flaw) {
				t.Fatalf("refused as %v, with %v", err, read)
			}
			return
		}
		if _, body, _ := bytes.Cut(payload, []byte("\r\n\r\n")); len(read.data) > 0 && !bytes.Contains(body, read.data) {
			t.Fatal("data is not out of the body")
		}
		ack := string(read.ack(statusFail))
		head, body, found := strings.Cut(ack, "\r\n\r\n")
		if !strings.HasPrefix(ack, "\r\n{") && (!found || strings.Count(head, "\r\n") > 2 || strings.Contains(body, "\r\n")) {
			t.Fatalf("%q", ack)
		}
		var answer struct {
			Protocol struct {
				ID string `json:"x-msgId"`
			} `json:"protocol"`
		}
		if err := json.Unmarshal([]byte(ack[strings.Index(ack, "{"):]), &answer); err != nil || answer.Protocol.ID != read.messageID {
			t.Fatalf("%q: %v", ack, err)
		}
		if len(ack) > 4000 || !printable(strings.ReplaceAll(ack, "\r\n", "")) {
			t.Fatalf("%d bytes: %q", len(ack), ack)
		}
	})
}

// FuzzData compares with the standard decoder: both find the same members with the same
// bytes, unless one of them occurs twice.
func FuzzData(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		found, err := members(text, UTF8)
		var standard map[string]json.RawMessage
		wellFormed := utf8.Valid(text) && json.Unmarshal(text, &standard) == nil && standard != nil
		switch {
		case err != nil && wellFormed && !errors.Is(err, errTwice) && len(standard) < maxMembers:
			t.Fatalf("%q is refused: %v", text, err)
		case err == nil && wellFormed && len(found) != len(standard):
			t.Fatalf("%q has %d members, not %d", text, len(standard), len(found))
		}
		if err != nil || !wellFormed {
			return
		}
		for name, value := range standard {
			if !bytes.Equal(found[name], value) {
				t.Fatalf("%q is %q, not %q", name, value, found[name])
			}
		}
	})
}
