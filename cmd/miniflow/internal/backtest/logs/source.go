package logs

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync/atomic"
)

// MaxLine is the longest line that is read, in bytes, the line break apart: no notification is
// longer. What is longer is passed over and counted.
const MaxLine = 1 << 20

// Batches are what workers take at a time: enough lines that handing over costs nothing, few
// enough that memory stays small.
const (
	batchLines = 128
	batchBytes = 256 << 10
)

// Batch is some lines of one log, in its order.
type Batch struct {
	File  string
	First int // the number of its first line, from 1
	text  []byte
	ends  []int
	long  []int // lines that were too long, which are empty here
}

// Len returns the number of lines.
func (b *Batch) Len() int { return len(b.ends) }

// Line returns one line without its line break.
func (b *Batch) Line(i int) []byte {
	start := 0
	if i > 0 {
		start = b.ends[i-1]
	}
	return bytes.TrimRight(b.text[start:b.ends[i]], "\r\n")
}

// TooLong returns how many lines were longer than [MaxLine].
func (b *Batch) TooLong() int { return len(b.long) }

// Reset empties a batch for the next lines; its memory stays.
func (b *Batch) Reset() { *b = Batch{text: b.text[:0], ends: b.ends[:0], long: b.long[:0]} }

// Source reads logs one after the other. Read and Total may be asked from another goroutine.
type Source struct {
	names []string
	stdin io.Reader
	read  atomic.Int64
	total int64
}

// Open looks at every log before the first is read, so that a wrong name is known at once.
func Open(names []string, stdin io.Reader) (*Source, error) {
	s := &Source{names: names, stdin: stdin}
	var before []os.FileInfo
	for i, name := range names {
		if name == "-" {
			if slices.Contains(names[:i], name) {
				return nil, errors.New("- stands there twice: name each log once, the oldest first")
			}
			s.total = -1
			continue
		}
		info, err := os.Stat(name)
		if err != nil {
			return nil, fmt.Errorf("look at the log: %w; name one that exists", err)
		}
		if info.IsDir() {
			return nil, fmt.Errorf("%s is a folder: name its files, such as %s/*", name, name)
		}
		for _, other := range before {
			if info.Mode().IsRegular() && os.SameFile(info, other) {
				return nil, fmt.Errorf("%s is read twice: name each log once, the oldest first", name)
			}
		}
		before = append(before, info)
		if s.total >= 0 {
			s.total += info.Size()
		}
	}
	return s, nil
}

// Read returns how many bytes of the files were read, as they are on the disk.
func (s *Source) Read() int64 { return s.read.Load() }

// Total returns the size of all files, or -1 where nobody knows it.
func (s *Source) Total() int64 { return s.total }

// Each hands the lines of all logs to take, in batches from empty, until the last line or the end
// of the context. A log that can't be read to its end is an error, after what was read of it.
func (s *Source) Each(ctx context.Context, empty func() *Batch, take func(*Batch)) error {
	for _, name := range s.names {
		if err := s.one(ctx, name, empty, take); err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
	}
	return nil
}

func (s *Source) one(ctx context.Context, name string, empty func() *Batch, take func(*Batch)) error {
	from := s.stdin
	if name != "-" {
		file, err := os.Open(name) //nolint:gosec // the caller names the file
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }() // nothing was written
		from = file
	}
	text, err := plain(&counter{from, &s.read})
	if err != nil {
		return damaged(err)
	}
	for number := 1; ; {
		batch := empty()
		batch.File, batch.First = name, number
		err := batch.fill(text)
		number += batch.Len()
		take(batch)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return damaged(err)
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
}

// fill reads lines until the batch is full.
func (b *Batch) fill(from *bufio.Reader) error {
	for len(b.ends) < batchLines && len(b.text) < batchBytes {
		start := len(b.text)
		err := b.line(from, start)
		if len(b.text) > start || err == nil {
			b.ends = append(b.ends, len(b.text))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// line appends one line with its break, or nothing but the break of one that is too long.
func (b *Batch) line(from *bufio.Reader, start int) error {
	long := false
	for {
		part, err := from.ReadSlice('\n')
		if b.text = append(b.text, part...); len(b.text)-start > MaxLine+2 {
			long, b.text = true, b.text[:start]
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if long {
			b.long = append(b.long, len(b.ends))
			b.text = append(b.text[:start], '\n')
		}
		return err
	}
}

// unreadable are the first bytes of what is no text and no gzip.
var unreadable = []struct{ mark, advice string }{
	{"\x28\xb5\x2f\xfd", "it is packed by zstd: unpack it first, zstd -dc"},
	{"\xfd7zXZ\x00", "it is packed by xz: unpack it first, xz -dc"},
	{"BZh", "it is packed by bzip2: unpack it first, bzip2 -dc"},
	{"PK\x03\x04", "it is a zip file: unpack it first"},
	{"\xff\xfe", "it is UTF-16: convert it first, iconv -f UTF-16 -t UTF-8"},
	{"\xfe\xff", "it is UTF-16: convert it first, iconv -f UTF-16 -t UTF-8"},
}

const longestMark = 6 // bytes

// plain unpacks what is gzip by its first bytes, whatever its name.
func plain(from io.Reader) (*bufio.Reader, error) {
	const buffer = 256 << 10
	raw := bufio.NewReaderSize(from, buffer)
	head, _ := raw.Peek(longestMark) // of a short log there is less, and reading says what is wrong
	for _, other := range unreadable {
		if bytes.HasPrefix(head, []byte(other.mark)) {
			return nil, errors.New(other.advice)
		}
	}
	if !bytes.HasPrefix(head, []byte("\x1f\x8b")) {
		return raw, nil
	}
	unpacked, err := gzip.NewReader(raw)
	if err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(unpacked, buffer), nil
}

// damaged says what to do about gzip that is not whole, such as that of a log which was still being packed.
func damaged(err error) error {
	var corrupt flate.CorruptInputError
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, &corrupt) {
		return fmt.Errorf("%w: its gzip is cut off, or something else follows; unpack what can be read with gzip -dc and name that, or leave the log out", err)
	}
	return err
}

type counter struct {
	io.Reader
	read *atomic.Int64
}

func (c *counter) Read(to []byte) (int, error) {
	n, err := c.Reader.Read(to)
	c.read.Add(int64(n))
	return n, err
}
