package system

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"miniflow/alipay/keys"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/loopback"
	"miniflow/cmd/internal/remote"
	"miniflow/cmd/miniflow/internal/bench/measure"
	"miniflow/cmd/miniflow/internal/cluster"
	"miniflow/cmd/miniflow/internal/simulated"
)

// System is what is measured.
type System struct {
	Addresses
	AppID string
	// Temporal is the system's own.
	Temporal  client.Client
	Namespace string

	simulator *remote.API
	key       string // bearer key of the API, or empty
	private   keys.PrivateKey
	http      *http.Client
	proc      measure.Proc
	logo      file
}

// Access says how a system is entered.
type Access struct {
	APIKey string
	AppID  string
	// Keys is the directory of the simulator's keys; empty is the one beside addresses.json.
	Keys string
	// Connections is how many connections to the door and the API are kept.
	Connections int
}

// Open reaches everything that the system consists of, so that an address that is wrong is found
// before anything is measured.
func Open(ctx context.Context, at Addresses, access Access) (*System, error) {
	s := &System{Addresses: at, key: cmp.Or(access.APIKey, at.apiKey()), proc: measure.OS()}
	s.http = &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		MaxIdleConns: 2 * access.Connections, MaxIdleConnsPerHost: access.Connections, MaxConnsPerHost: access.Connections,
	}}
	var err error
	if s.simulator, err = (simulated.Flag{Simulator: at.Simulator}).Connect(); err != nil {
		return nil, err
	}
	app, err := simulated.Choose(ctx, s.simulator, access.AppID)
	if err != nil {
		return nil, err
	}
	s.AppID = app.AppID
	text, err := at.readKey(access.Keys, s.AppID)
	if err != nil {
		return nil, err
	}
	if s.private, err = keys.ParsePrivateKey(text); err != nil {
		return nil, command.Usagef("read Alipay's key: %w", err)
	}
	if s.logo, err = s.readLogo(ctx); err != nil {
		return nil, err
	}
	options, err := TemporalOptions(at.Temporal)
	if err != nil {
		return nil, err
	}
	s.Namespace = options.Namespace
	if s.Temporal, err = client.DialContext(ctx, options); err != nil {
		return nil, command.Usagef("reach Temporal at %s: %w", at.Temporal, err)
	}
	return s, nil
}

// TemporalOptions are those of a client of the system's Temporal. On loopback nothing is
// compressed, as in the standalone: gzip would cost a bare call a quarter of its CPU.
func TemporalOptions(address string) (client.Options, error) {
	options, err := cluster.Options(slog.New(slog.DiscardHandler))
	if err != nil {
		return options, command.AsUsage(err)
	}
	options.HostPort = address
	if host, _, err := net.SplitHostPort(address); err == nil {
		if _, local := loopback.Address(host); local {
			options.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{}
		}
	}
	return options, nil
}

// TemporalVersion returns the version of the system's Temporal server.
func (s *System) TemporalVersion(ctx context.Context) (string, error) {
	info, err := s.Temporal.WorkflowService().GetSystemInfo(ctx, &workflowservice.GetSystemInfoRequest{})
	return info.GetServerVersion(), err
}

// Close gives the connections back.
func (s *System) Close() {
	s.Temporal.Close()
	s.http.CloseIdleConnections()
}

// Post posts JSON to the REST API and reads the answer into a value, when there is one. Unlike
// the other tools' calls it keeps its connections, however many callers there are.
func (s *System) Post(ctx context.Context, path string, body []byte, into any) error {
	return s.call(ctx, http.MethodPost, path, "application/json", body, into)
}

// Get asks the REST API.
func (s *System) Get(ctx context.Context, path string, into any) error {
	return s.call(ctx, http.MethodGet, path, "", nil, into)
}

var (
	// ErrUnavailable is a 503: the same may be asked again a little later.
	ErrUnavailable = errors.New("the API has no answer yet")
	// ErrConflict is a 409: an order of that number is there, and begun with something else.
	ErrConflict = errors.New("the API says that there is another")
)

func (s *System) call(ctx context.Context, method, path, contentType string, body []byte, into any) error {
	status, text, err := s.do(ctx, method, s.API+path, contentType, s.key, body)
	if err != nil {
		return err
	}
	switch {
	case status == http.StatusServiceUnavailable:
		return fmt.Errorf("%w: %s", ErrUnavailable, command.Clean(string(text)))
	case status == http.StatusConflict:
		return fmt.Errorf("%w: %s", ErrConflict, command.Clean(string(text)))
	case status >= http.StatusMultipleChoices:
		return fmt.Errorf("%s %s was answered %d: %s", method, path, status, command.Clean(string(text)))
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}

// The key is for the API alone: the door asks for no key.
func (s *System) do(ctx context.Context, method, address, contentType, key string, body []byte) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	answer, err := s.http.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = answer.Body.Close() }() // it was read to its end
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, text, err
}
