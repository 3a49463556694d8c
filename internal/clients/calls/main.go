package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"miniflow/internal/clients/miniflow"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) != 2 {
		return errors.New("give the description and addresses.json of a standalone")
	}
	described, err := readDescription(args[0])
	if err != nil {
		return err
	}
	if err := described.haveConstants("miniflow/client.gen.go"); err != nil {
		return err
	}
	c, err := connect(args[1])
	if err != nil {
		return err
	}
	orders, deliveries, rollouts, rest := c.orders(ctx), c.deliveries(ctx), c.rollouts(ctx), c.rest(ctx)
	if err := errors.Join(orders, deliveries, rollouts, rest); err != nil {
		return err
	}
	if err := described.wereMade(c.made); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%d calls made, %d values of enumerations have constants\n", len(described.calls), described.values)
	return err
}

// caller makes calls and remembers which.
type caller struct {
	*miniflow.ClientWithResponses
	// number is of an order that no earlier run has started.
	number string
	made   []string
}

const (
	app  = "2021000000000000" // the standalone's
	mini = "2021999999999999" // no mini program
)

// connect reads where a standalone listens, and the key that lies beside.
func connect(addresses string) (*caller, error) {
	text, err := os.ReadFile(addresses) //nolint:gosec // the file that was named
	if err != nil {
		return nil, err
	}
	var at struct {
		API string `json:"api"`
	}
	if err := json.Unmarshal(text, &at); err != nil {
		return nil, err
	}
	key, err := os.ReadFile(filepath.Join(filepath.Dir(addresses), "api-key")) //nolint:gosec // beside it
	if err != nil {
		return nil, err
	}
	c := &caller{number: fmt.Sprint("client-", time.Now().UnixMilli())}
	c.ClientWithResponses, err = miniflow.NewClientWithResponses(at.API, miniflow.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(key)))
		c.made = append(c.made, r.Method+" "+r.URL.EscapedPath())
		return nil
	}))
	return c, err
}

// answer is what every generated answer has.
type answer interface {
	StatusCode() int
	GetBody() []byte
}

// did judges one call: its status is one of those that are wanted, and its body is read by the
// client as what the description says it is.
func did[A answer](want ...int) func(A, error) error {
	return func(got A, err error) error {
		if err != nil {
			return err
		}
		for _, status := range want {
			if got.StatusCode() == status {
				return isRead(got)
			}
		}
		return fmt.Errorf("%T: %d, want one of %v: %s", got, got.StatusCode(), want, got.GetBody())
	}
}

// wereMade fails for a call that is described and that nobody made.
func (d *description) wereMade(made []string) error {
	var missing []error
	for _, call := range d.calls {
		pattern := regexp.MustCompile("^" + regexp.MustCompile(`\\\{[a-z0-9_]+\\\}`).ReplaceAllString(regexp.QuoteMeta(call), "[^/]+") + "$")
		found := false
		for _, one := range made {
			found = found || pattern.MatchString(one)
		}
		if !found {
			missing = append(missing, fmt.Errorf("nobody made %s", call))
		}
	}
	return errors.Join(missing...)
}
