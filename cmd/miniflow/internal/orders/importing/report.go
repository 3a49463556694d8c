package importing

import (
	"fmt"
	"io"
	"os"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/orders/rows"
	"miniflow/internal/telemetry"
)

// Report is the result of an import, as --output json prints it.
type Report struct {
	File     string `json:"file"`
	Results  string `json:"results,omitempty"`
	DryRun   bool   `json:"dry_run"`
	Rows     int    `json:"rows"`
	Right    int    `json:"right,omitempty"` // of a dry run
	Started  int    `json:"started"`
	Exists   int    `json:"exists"`
	Imported int    `json:"imported,omitempty"` // authorisations
	Before   int    `json:"before"`             // done by an earlier run
	Refused  int    `json:"refused"`
	Failed   int    `json:"failed"`
	Left     int    `json:"left"`
	// Problems are those of the rows that were refused, or of the header.
	Problems []rows.Problem `json:"problems"`

	authorizations bool // the rows are authorisations and no orders
}

// checked counts a row of a dry run.
func (r *Report) checked(o Item) {
	if len(o.Problems) == 0 {
		r.Right++
		return
	}
	r.refused(o.Problems...)
}

// refused counts one row, with everything that is wrong with it.
func (r *Report) refused(problems ...rows.Problem) {
	r.Refused++
	r.Problems = append(r.Problems, problems...)
}

// count counts a row that was sent. One that the API refused is counted with its problems.
func (r *Report) count(state State) {
	r.Left--
	switch state {
	case StateStarted:
		r.Started++
	case StateExists:
		r.Exists++
	case StateImported:
		r.Imported++
	case StateFailed:
		r.Failed++
	case StateRefused, StateNumbered:
	}
}

// show prints the report, the cells first: what there is to do stands where the terminal
// shows it last. It returns a no where something is left to do.
func (r *Report) show(env *command.Env) error {
	if r.Problems == nil {
		r.Problems = []rows.Problem{} // a list in JSON, and not null
	}
	err := env.Show(r, r.page)
	if err == nil && (len(r.Problems) > 0 || r.Failed > 0) {
		return command.ErrNo
	}
	return err
}

func (r *Report) page(p *command.Page) {
	for _, problem := range r.Problems {
		what := p.Translate(problem.Message)
		if problem.Field != "" {
			what = p.Sayf("%s: %s", command.Clean(problem.Field), what)
		}
		p.Line("%s %s", p.Bad(command.Pad(problem.Cell, 6)), what)
	}
	switch {
	case r.Rows == 0 && len(r.Problems) > 0:
		p.Line("nothing was read: correct the first row")
	case r.DryRun:
		p.Line("%d rows: %d right, %d wrong; nothing was sent", r.Rows, r.Right, r.Refused)
	default:
		done := p.Sayf("%d started, %d existed", r.Started, r.Exists)
		if r.authorizations {
			done = p.Sayf("%d imported", r.Imported)
		}
		p.Line("%d rows: %s, %d done before, %d refused, %d failed, %d left", r.Rows, done, r.Before, r.Refused, r.Failed, r.Left)
		p.Item("results", r.Results)
	}
}

// progress shows a person at a terminal how far a run is.
type progress struct {
	w   io.Writer
	env *command.Env
}

func newProgress(env *command.Env) *progress {
	file, isFile := env.Stderr.(*os.File)
	if !isFile || !telemetry.IsTerminal(file, env.Getenv) {
		return &progress{io.Discard, env}
	}
	return &progress{file, env}
}

func (p *progress) show(r *Report) {
	_, _ = io.WriteString(p.w, p.env.Sayf("\r%d of %d rows ", r.Rows-r.Left, r.Rows)) // only for show
}

func (p *progress) end() { _, _ = fmt.Fprint(p.w, "\r\x1b[K") }
