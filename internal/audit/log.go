package audit

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Config is where a log is kept, and how long.
type Config struct {
	// Dir is made where it is missing. Processes may share one.
	Dir string
	// KeepDays is after how many days a file is removed; 0 means never.
	KeepDays int
	// Now is the clock, Rand the source of ids and salts; nil means the operating system's.
	Now  func() time.Time
	Rand io.Reader
}

// Log is one process's chain. It is safe for concurrent use.
type Log struct {
	config Config
	chain  string

	// writing guards what follows it. An entry is written under it, and made durable without it, so that
	// those who wait for the disk share one sync.
	writing sync.Mutex
	file    *os.File
	head    Mark
	day     string
	size    int64
	broken  error

	// syncing is taken before writing where both are.
	syncing sync.Mutex
	synced  uint64
}

// begun is the action of the first line of a file.
const begun = "audit.begin"

// Open begins a chain in a directory.
func Open(config Config) (*Log, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Rand == nil {
		config.Rand = rand.Reader
	}
	if err := os.MkdirAll(config.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the audit log's folder: %w", err)
	}
	id := make([]byte, 4)
	if _, err := io.ReadFull(config.Rand, id); err != nil {
		return nil, fmt.Errorf("begin the audit log: %w", err)
	}
	l := &Log{config: config, chain: config.Now().UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(id)}
	return l, l.turn(config.Now().UTC())
}

// Append writes an entry and returns once it is on the disk.
func (l *Log) Append(entry Entry) error {
	return l.append(entry, nil)
}

func (l *Log) append(entry Entry, add func(*chained)) error {
	if err := l.turnIfDue(); err != nil {
		return err
	}
	l.writing.Lock()
	mark, err := l.write(entry, add)
	l.writing.Unlock()
	if err == nil {
		err = l.sync(mark.Sequence)
	}
	return err
}

// write appends one line. Callers hold writing.
func (l *Log) write(entry Entry, add func(*chained)) (Mark, error) {
	if l.broken != nil {
		return Mark{}, l.broken
	}
	text, hash, err := l.compose(entry, add)
	if err != nil {
		return Mark{}, fmt.Errorf("write the audit log: %w", err)
	}
	if _, err := l.file.Write(text); err != nil {
		// Half a line would be taken for a tampered one.
		if cut := l.file.Truncate(l.size); cut != nil {
			l.broken = fmt.Errorf("the audit log has a line that is not whole and can't be cut off; see to the disk and start again: %w", errors.Join(err, cut))
		}
		return Mark{}, fmt.Errorf("write the audit log: %w", err)
	}
	l.size += int64(len(text))
	l.head = Mark{l.head.File, l.head.Sequence + 1, hash}
	return l.head, nil
}

func (l *Log) compose(entry Entry, add func(*chained)) ([]byte, string, error) {
	if entry.At.IsZero() {
		entry.At = l.config.Now()
	}
	entry = entry.cleaned()
	written := line{chained: chained{
		Sequence: l.head.Sequence + 1, At: entry.At, Who: entry.Who, Actor: entry.Actor, Role: entry.Role, Address: entry.Address,
		Action: entry.Action, Outcome: entry.Outcome, Problem: entry.Problem, Previous: l.head.Hash,
	}}
	if add != nil {
		add(&written.chained)
	}
	salt := make([]byte, saltSize)
	if _, err := io.ReadFull(l.config.Rand, salt); err != nil {
		return nil, "", err
	}
	var err error
	if written.Detail, err = json.Marshal(entry.Detail); err != nil {
		return nil, "", err
	}
	written.Salt = hex.EncodeToString(salt)
	written.Digest = digestOf(written.Salt, written.Detail)
	text, err := written.write()
	return text, written.Hash, err
}

// sync returns once everything up to a sequence is on the disk. Whoever waits for another's sync
// mostly finds its own line written by it too.
func (l *Log) sync(sequence uint64) error {
	l.syncing.Lock()
	defer l.syncing.Unlock()
	if l.synced >= sequence {
		return nil
	}
	l.writing.Lock()
	file, last := l.file, l.head.Sequence
	l.writing.Unlock()
	if err := file.Sync(); err != nil {
		return fmt.Errorf("write the audit log: %w", err)
	}
	l.synced = last
	return nil
}

// Head returns the last line. Whoever notes its hash elsewhere can show later that nothing before it
// was changed or cut off.
func (l *Log) Head() Mark {
	l.writing.Lock()
	defer l.writing.Unlock()
	return l.head
}

// Close ends the log.
func (l *Log) Close() error {
	l.syncing.Lock()
	defer l.syncing.Unlock()
	l.writing.Lock()
	defer l.writing.Unlock()
	if l.broken == nil {
		l.broken = errors.New("the audit log is closed")
	}
	return errors.Join(l.file.Sync(), l.file.Close())
}

func (l *Log) path(name string) string { return filepath.Join(l.config.Dir, name) }
