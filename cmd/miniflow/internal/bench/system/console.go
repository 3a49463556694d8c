package system

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"miniflow/cmd/internal/command"
)

// The console's account that a standalone makes for itself, and the file with its first password.
const (
	consoleAccount  = "operator"
	consolePassword = "console-password.txt"
)

// ErrNoPage is a page that the system does not have, or not for this account.
var ErrNoPage = errors.New("the console has no page")

// Console is a browser of somebody who is logged in. It is safe for concurrent use.
type Console struct {
	base string
	http *http.Client
}

// LogIn logs in to the console with the account of the standalone.
func (s *System) LogIn(ctx context.Context) (*Console, error) {
	password, err := os.ReadFile(filepath.Join(s.dir, consolePassword))
	if err != nil {
		return nil, command.Usagef("read the password of the console's first account: %w; a standalone has it beside addresses.json", err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	// A page that leads to the log-in is no page, so nothing is followed.
	c := &Console{base: s.API, http: &http.Client{
		Transport: s.http.Transport, Timeout: s.http.Timeout, Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	form := url.Values{"name": {consoleAccount}, "password": {strings.TrimSpace(string(password))}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/console/log-in", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c, c.do(request, http.StatusSeeOther)
}

// Open reads a page to its end.
func (c *Console) Open(ctx context.Context, path string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return err
	}
	return c.do(request, http.StatusOK)
}

func (c *Console) do(request *http.Request, want int) error {
	answer, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }() // it is read to its end
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode == http.StatusNotFound || answer.StatusCode == http.StatusForbidden {
		return fmt.Errorf("%w at %s", ErrNoPage, request.URL.Path)
	}
	if answer.StatusCode != want {
		return fmt.Errorf("%s %s was answered %d", request.Method, request.URL.Path, answer.StatusCode)
	}
	return nil
}
