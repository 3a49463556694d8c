package rows

import (
	"encoding/json"
	"strings"
	"time"

	"miniflow/cmd/miniflow/internal/orders/preflight"
	"miniflow/cmd/miniflow/internal/orders/sheet"
)

// yesOrNo are the members that are true or false, which a spreadsheet writes in capitals.
var yesOrNo = map[string]bool{
	"create.is_individual": true, "submission.auto_online": true, "submission.speed_up": true,
	"submission.permit_registration_limit_release": true,
}

var truths = map[string]bool{"true": true, "是": true, "false": false, "否": false}

// set puts a value at a path. What stands in its way was refused as another column's.
func set(body map[string]any, path string, value any) {
	for {
		name, rest, deeper := strings.Cut(path, ".")
		if !deeper {
			body[path] = value
			return
		}
		inner, isObject := body[name].(map[string]any)
		if !isObject {
			inner = map[string]any{}
			body[name] = inner
		}
		body, path = inner, rest
	}
}

// cell puts a cell into the body, in the form that the API takes.
func (r *reader) cell(body map[string]any, c column, text string) {
	switch file, beside := fileOf(c.path); {
	case beside && r.textAt(file) != "": // the file's own cell asks for it
	case isFile(file):
		r.file(body, file)
	case c.path == extPath:
		r.object(body, text)
	case yesOrNo[c.path]:
		truth, known := truths[strings.ToLower(text)]
		if !known {
			r.refuse(c.path, "choose one of true, false")
			return
		}
		set(body, c.path, truth)
	case strings.HasSuffix(c.path, "_date"):
		set(body, c.path, dateOf(text))
	case preflight.IsNumbered(c.path) && spoiled(r.row.Cell(c.index)):
		r.refuse(c.path, preflight.Rounded)
	default:
		// Excel writes the breaks within a cell with two characters, and Alipay counts both.
		set(body, c.path, strings.ReplaceAll(text, "\r\n", "\n"))
	}
}

// textAt returns the text of the column with a path; nothing where there is none.
func (r *reader) textAt(path string) string {
	for _, c := range r.order.columns {
		if c.path == path {
			return r.row.Cell(c.index).Text
		}
	}
	return ""
}

// object reads version.ext, which is the merchant's own and therefore JSON.
func (r *reader) object(body map[string]any, text string) {
	var ext map[string]any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber() // a number keeps its spelling
	if err := decoder.Decode(&ext); err != nil || ext == nil || decoder.More() {
		r.refuse(extPath, "give a JSON object, or a column for each member, such as version.ext.shop_id")
		return
	}
	set(body, extPath, ext)
}

// spoiled reports whether a spreadsheet keeps a number of which it can't have kept every digit.
func spoiled(cell sheet.Cell) bool {
	return cell.Number && (len(cell.Text) > preflight.Digits || strings.Trim(cell.Text, "0123456789") != "")
}

// dateOf turns the ways in which spreadsheets and people write a day into Alipay's; other
// texts stay, and are refused by their form.
func dateOf(text string) string {
	if text == "长期" {
		return "9999-12-31"
	}
	for _, layout := range []string{"2006/1/2", "2006-1-2", "2006.1.2", "2006年1月2日"} {
		if day, err := time.Parse(layout, text); err == nil {
			return day.Format(time.DateOnly)
		}
	}
	return text
}

// suspicious looks at whole columns for what no single cell shows: numbers that are all zeros
// from the sixteenth digit on, and numbers that are shorter than their neighbours with zeros
// in front. It returns what to say of them, by row and path.
func suspicious(table sheet.Table, columns []column) map[int]map[string]string {
	found := map[int]map[string]string{}
	say := func(row int, path, message string) {
		if found[row] == nil {
			found[row] = map[string]string{}
		}
		found[row][path] = message
	}
	for _, c := range columns {
		if !preflight.IsNumbered(c.path) {
			continue
		}
		long, width := longNumbers(table, c.index), 0
		if padded[c.path] {
			width = paddedWidth(table, c.index)
		}
		for _, row := range table.Rows {
			text := row.Cell(c.index).Text
			switch {
			case long && isDigits(text) && len(text) > preflight.Digits:
				say(row.Number, c.path, preflight.Rounded)
			case width > 0 && isDigits(text) && len(text) < width:
				say(row.Number, c.path, preflight.ShorterThanOthers)
			}
		}
	}
	return found
}

// longNumbers reports whether every long number of a column ends as a rounded one does, and
// there are enough different ones for that to be no chance.
func longNumbers(table sheet.Table, index int) bool {
	const enough = 5 // of sixteen digits: one in a hundred thousand
	different := map[string]bool{}
	for _, row := range table.Rows {
		text := row.Cell(index).Text
		if !isDigits(text) || len(text) <= preflight.Digits {
			continue
		}
		if strings.Trim(text[preflight.Digits:], "0") != "" {
			return false
		}
		different[text] = true
	}
	return len(different) >= enough
}

// padded are the ISV's own numbers, which are of one length where they have zeros in front.
// Phones are not: one with an area code is longer than a mobile.
var padded = map[string]bool{"out_order_no": true, "merchant_ref": true}

// paddedWidth returns how long the numbers of a column with zeros in front are, 0 where there
// are none or they differ.
func paddedWidth(table sheet.Table, index int) int {
	width := 0
	for _, row := range table.Rows {
		text := row.Cell(index).Text
		if !isDigits(text) || text[0] != '0' {
			continue
		}
		if width > 0 && len(text) != width {
			return 0
		}
		width = len(text)
	}
	return width
}

func isDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }
