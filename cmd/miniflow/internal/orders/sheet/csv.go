package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// readCSV reads what spreadsheets in China write: UTF-8 with a mark in front or without,
// UTF-16 with one, GBK and GB18030; separated by commas, semicolons or tabs.
func readCSV(content []byte) ([]Row, error) {
	text, err := Decode(content)
	if err != nil {
		return nil, err
	}
	if !bytes.Contains(text, []byte("\n")) { // lines end as an old Macintosh's do
		text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	}
	reader := csv.NewReader(bytes.NewReader(text))
	reader.Comma, reader.FieldsPerRecord = separator(text), -1
	var rows []Row
	number, end := 0, int64(0)
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, wordedCSV(err)
		}
		// The reader leaves empty lines out without a word, and a spreadsheet counts them.
		number += 1 + emptyLines(text[end:reader.InputOffset()])
		end = reader.InputOffset()
		row := Row{Number: number}
		for _, field := range record {
			row.Cells = append(row.Cells, Cell{Text: strings.TrimSpace(field)})
		}
		rows = append(rows, row)
	}
}

// wordedCSV says what a person can look for, since a spreadsheet writes no such file.
func wordedCSV(err error) error {
	var where *csv.ParseError
	if errors.As(err, &where) {
		return fmt.Errorf("line %d has a quotation mark that nothing closes, or one inside a text: write it twice, or save the file from a spreadsheet again", where.StartLine)
	}
	return err
}

// emptyLines counts the empty lines that a record's text begins with.
func emptyLines(text []byte) int {
	count := 0
	for len(text) > 0 {
		line, rest, found := bytes.Cut(text, []byte("\n"))
		if !found || len(bytes.TrimSuffix(line, []byte("\r"))) > 0 {
			break
		}
		count, text = count+1, rest
	}
	return count
}

// Decode returns a text in UTF-8. A text that is no UTF-8 is taken for GB18030, of which GBK
// is a part: by chance, Chinese text in one of them is almost never valid in the other.
func Decode(content []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(content, []byte{0xff, 0xfe}), bytes.HasPrefix(content, []byte{0xfe, 0xff}), utf8.Valid(content):
		text, _, err := transform.Bytes(unicode.BOMOverride(unicode.UTF8.NewDecoder()), content)
		if err != nil {
			return nil, fmt.Errorf("read its characters: %w; save the file as CSV in UTF-8", err)
		}
		return text, nil
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(content)
	// The decoder replaces what it can't read, and an order would hold other words.
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return nil, errors.New("its characters are neither UTF-8 nor GBK; save the file as CSV in UTF-8")
	}
	return text, nil
}

// separator is the character that splits the first line into most parts. Names of columns
// contain none of the three.
func separator(text []byte) rune {
	line, _, _ := strings.Cut(strings.TrimLeft(string(text), "\r\n"), "\n")
	best, most := ',', 0
	for _, candidate := range ",;\t" {
		if count := strings.Count(line, string(candidate)); count > most {
			best, most = candidate, count
		}
	}
	return best
}
