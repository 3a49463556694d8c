package rows

import (
	"cmp"
	"net/url"
	"path/filepath"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/orders/sheet"
)

// Source is how a table is read: the flags of every command that reads one.
type Source struct {
	Files    string `help:"The folder with the pictures that cells name; by default that of FILE." type:"path" placeholder:"DIR"`
	FilesURL string `name:"files-url" help:"Where Miniflow can fetch what is in that folder; without it, files are handed in with POST /v1/files." placeholder:"URL"`
	Sheet    string `help:"The sheet of a workbook; by default the first that is not hidden."`
	AppID    string `help:"The third-party app of rows that name none." env:"MINIFLOW_APP_ID"`
	Kind     string `help:"The kind of rows that name none: formal, trial, release." complete:"kinds"`
}

// Load reads a table from a file. What is wrong with its header comes back as problems; an
// error is about a file that can't be read at all.
func (f Source) Load(env *command.Env, file string) (orders []Order, wrong []Problem, err error) {
	content, err := env.ReadInput(file)
	if err != nil {
		return nil, nil, err
	}
	return f.Read(content, file)
}

// Read reads a table from its content.
func (f Source) Read(content []byte, file string) (orders []Order, wrong []Problem, err error) {
	if place, err := url.Parse(f.FilesURL); f.FilesURL != "" && (err != nil || place.Host == "" || place.Scheme != "https" && place.Scheme != "http") {
		return nil, nil, command.Usagef("--files-url %q is no http or https URL", f.FilesURL)
	}
	table, err := sheet.Read(content, f.Sheet)
	if err != nil {
		return nil, nil, command.Usagef("read %s: %w", file, err)
	}
	orders, wrong = Read(table, Options{
		Defaults: map[string]string{"app_id": f.AppID, "kind": f.Kind},
		Folder:   cmp.Or(f.Files, filepath.Dir(file)), FilesURL: f.FilesURL,
	})
	return orders, wrong, nil
}
