package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"
)

// chained is what a line's hash covers.
type chained struct {
	Sequence uint64    `json:"sequence"`
	At       time.Time `json:"at"`
	Who      string    `json:"who,omitempty"`
	Actor    string    `json:"actor,omitempty"`
	Role     string    `json:"role,omitempty"`
	Address  string    `json:"address,omitempty"`
	Action   string    `json:"action"`
	Outcome  Outcome   `json:"outcome"`
	Problem  string    `json:"problem,omitempty"`
	// Continues is in the first line of a file: the last line of the file before.
	Continues *Mark `json:"continues,omitempty"`
	// Anchors are where other chains stood.
	Anchors []Mark `json:"anchors,omitempty"`
	// Removed are the last lines of files that are too old to be kept.
	Removed []Mark `json:"removed,omitempty"`
	// Erased are the lines whose details were erased.
	Erased []Erasure `json:"erased,omitempty"`
	// Digest covers salt and detail; it stays when they go.
	Digest string `json:"digest"`
	// Previous is the hash of the line before, empty in the first of a chain.
	Previous string `json:"previous"`
}

// line is what one line of a file says.
type line struct {
	chained
	Hash   string          `json:"hash"`
	Salt   string          `json:"salt,omitempty"`
	Detail json.RawMessage `json:"detail,omitempty"`
}

// saltSize makes it impossible to guess a detail by its digest once it is erased.
const saltSize = 16

func digestOf(salt string, detail []byte) string {
	sum := sha256.Sum256([]byte(salt + "\x00" + string(detail)))
	return hex.EncodeToString(sum[:])
}

// write returns the line's text, and fills in its hash. Salt and detail stand at its end, where they
// can be overwritten without moving anything.
func (l *line) write() ([]byte, error) {
	text, err := json.Marshal(l.chained)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	l.Hash = hex.EncodeToString(sum[:])
	text = append(text[:len(text)-1], `,"hash":"`+l.Hash+`"`...)
	if l.Salt != "" {
		text = append(text, `,"salt":"`+l.Salt+`","detail":`...)
		text = append(text, l.Detail...)
	}
	return append(text, '}', '\n'), nil
}

var errAltered = errors.New("the line is not as it was written")

// parse reads a line and compares it, to the byte, with what would have been written. What was erased
// has blanks in its place.
func parse(text []byte) (line, error) {
	var l line
	if json.Unmarshal(text, &l) != nil {
		return l, errAltered
	}
	again := l
	written, err := again.write()
	if err != nil {
		return l, errAltered
	}
	if l.Salt == "" {
		text = append(bytes.TrimRight(bytes.TrimSuffix(bytes.TrimSpace(text), []byte("}")), " "), '}')
	}
	if again.Hash != l.Hash || !bytes.Equal(bytes.TrimSpace(text), bytes.TrimSpace(written)) {
		return l, errAltered
	}
	if l.Salt != "" && l.Digest != digestOf(l.Salt, l.Detail) {
		return l, errAltered
	}
	return l, nil
}

// record returns the line as an entry of a chain.
func (l line) record(chain string) Record {
	r := Record{Chain: chain, Sequence: l.Sequence, Hash: l.Hash, Erased: l.Salt == "" && l.Digest != "", Entry: Entry{
		At: l.At, Who: l.Who, Actor: l.Actor, Role: l.Role, Address: l.Address, Action: l.Action, Outcome: l.Outcome, Problem: l.Problem,
	}}
	_ = json.Unmarshal(l.Detail, &r.Detail) // its digest holds, so it is what was written
	return r
}
