package authorizations

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"miniflow/cmd/miniflow/internal/orders/importing"
	"miniflow/cmd/miniflow/internal/orders/preflight"
	"miniflow/cmd/miniflow/internal/orders/rows"
	"miniflow/cmd/miniflow/internal/orders/sheet"
	"miniflow/internal/spelling"
)

// The columns of a table: the members of the API's call, and what its path has.
const (
	appID   = "app_id"
	miniID  = "mini_app_id"
	token   = "app_auth_token" //nolint:gosec // the name of a column
	refresh = "app_refresh_token"
	since   = "auth_time"
)

func columnNames() []string { return []string{appID, miniID, token, refresh, since} }

// The forms are the API's, which refuses the same: said here too, they are told before anything
// is sent.
var forms = map[string]struct {
	form *regexp.Regexp
	say  string
}{
	appID:   {regexp.MustCompile(`^[0-9]{1,64}$`), "write the third-party app's id, all digits, or name it with --app-id"},
	miniID:  {regexp.MustCompile(`^[0-9A-Za-z]{1,32}$`), "write the mini program's id, 1 to 32 letters and digits"},
	token:   {regexp.MustCompile(`^[!-~]{1,256}$`), "write the token as Alipay gave it, without blanks"},
	refresh: {regexp.MustCompile(`^[!-~]{1,256}$`), "write the token as Alipay gave it, without blanks, or leave it out"},
}

// read reads the rows. wrong is about the header alone.
func read(table sheet.Table, app string) (items []importing.Item, wrong []rows.Problem) {
	columns, wrong := readHeader(table, app)
	if len(wrong) > 0 {
		return nil, wrong
	}
	first := map[string]int{}
	for _, row := range table.Rows {
		item := readRow(row, columns, app)
		if before, twice := first[item.Key]; twice && item.Key != "" {
			item.Problems = append(item.Problems, item.At(miniID, fmt.Sprintf("remove one of the two: row %d names the same mini program", before)))
		} else {
			first[item.Key] = row.Number
		}
		items = append(items, item)
	}
	return items, nil
}

// readHeader finds the columns by their names.
func readHeader(table sheet.Table, app string) (columns map[string]int, wrong []rows.Problem) {
	columns = map[string]int{}
	refuse := func(index int, field, message string) {
		wrong = append(wrong, rows.Problem{Row: table.Header.Number, Cell: sheet.Name(index, table.Header.Number), Field: field, Message: message})
	}
	for index, cell := range table.Header.Cells {
		name := strings.ToLower(cell.Text)
		_, twice := columns[name]
		switch {
		case name == "":
		case twice:
			refuse(index, name, "remove one of the columns: this name is there twice")
		case !slices.Contains(columnNames(), name):
			message := "rename or remove the column; there are " + strings.Join(columnNames(), ", ")
			if meant := spelling.Nearest(name, columnNames()); meant != "" {
				message = "rename the column; did you mean " + meant + "?"
			}
			refuse(index, "", message)
		default:
			columns[name] = index
		}
	}
	for _, name := range []string{appID, miniID, token} {
		if _, there := columns[name]; !there && len(wrong) == 0 && (name != appID || app == "") {
			refuse(len(table.Header.Cells), name, "add the column: every row needs it")
		}
	}
	return columns, wrong
}

// readRow makes the API's call of a row. No problem repeats a value: they are secrets.
func readRow(row sheet.Row, columns map[string]int, app string) importing.Item {
	item := importing.Item{Row: row.Number, Method: http.MethodPut, At: func(field, message string) rows.Problem {
		return rows.Problem{Row: row.Number, Cell: sheet.Name(columns[field], row.Number), Field: field, Message: message}
	}}
	values := map[string]string{appID: app}
	for name, index := range columns {
		if cell := row.Cell(index); cell.Text != "" {
			values[name] = cell.Text
		}
	}
	for _, name := range columnNames() {
		if message := wrongWith(name, values[name], row, columns); message != "" {
			item.Problems = append(item.Problems, item.At(name, message))
		}
	}
	// What is no id may be a token in the wrong column, and results have no token.
	if forms[appID].form.MatchString(values[appID]) && forms[miniID].form.MatchString(values[miniID]) {
		item.Key = values[appID] + "/" + values[miniID]
	}
	item.Path = "/v1/mini-programs/" + url.PathEscape(values[appID]) + "/" + url.PathEscape(values[miniID]) + "/authorization"
	body := map[string]string{token: values[token]}
	for _, name := range []string{refresh, since} {
		if values[name] != "" {
			body[name] = values[name]
		}
	}
	item.Body, _ = json.Marshal(body) // texts
	sum := sha256.Sum256(item.Body)
	item.Content = hex.EncodeToString(sum[:6]) // of a random text that is far longer: nobody finds it by this
	return item
}

// wrongWith says what is wrong with a value; nothing where it is right.
func wrongWith(name, value string, row sheet.Row, columns map[string]int) string {
	index, there := columns[name]
	switch rule, ruled := forms[name]; {
	case there && name != since && (row.Cell(index).Number && len(value) > preflight.Digits || preflight.IsRounded(value)):
		return preflight.Rounded
	case value == "" && (name == refresh || name == since):
		return ""
	case ruled && !rule.form.MatchString(value):
		return rule.say
	case ruled:
		return ""
	}
	if _, err := time.Parse(time.RFC3339, value); err != nil {
		return "write the moment of the authorisation as RFC 3339, such as 2026-11-20T08:00:00+08:00, or leave it out: Alipay knows it"
	}
	return ""
}
