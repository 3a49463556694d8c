package cluster

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"miniflow/cmd/standalone/internal/kept"
	"miniflow/cmd/standalone/internal/outside"
	"miniflow/internal/config"
	"miniflow/order"
)

// Names of the processes that are not Temporal's. Miniflow's workers are [Worker] of 1, 2 and so on.
const (
	Alipay  = "alipay"
	API     = "api"
	Door    = "door"
	Channel = "channel"
)

// Worker is the name of one of the processes with Miniflow's role worker, counted from 1.
func Worker(number int) string { return "worker-" + strconv.Itoa(number) }

// notifyPath is the door's, as Miniflow's configuration has it by default.
const notifyPath = "/alipay/notify"

// newAlipay is the simulated Alipay; it keeps the keys of both sides in the data directory.
func (c *Cluster) newAlipay() {
	args := []string{
		"--listen", c.ports.at(Alipay), "--data-dir", c.path(), "--speed", strconv.FormatFloat(c.options.Speed, 'g', -1, 64),
		"--gateway-url", "http://" + c.ports.at(Door) + notifyPath, "--app-id", AppID,
	}
	if !c.options.Misbehaves {
		args = append(args, "--well-behaved")
	}
	for _, glob := range c.options.WebSocket {
		args = append(args, "--websocket", glob)
	}
	c.add(&process{
		name: Alipay, program: filepath.Join(c.programs, alipayProgram), args: args, dir: c.path(), ending: syscall.SIGTERM, orphaned: syscall.SIGKILL,
		ready: func(ctx context.Context) error {
			return outside.Caller{Base: c.Simulator()}.Call(ctx, http.MethodGet, "/sim/v1/state", nil, nil)
		},
	})
}

// configure writes Miniflow's configuration, unless it was named.
func (c *Cluster) configure() error {
	for _, secret := range []string{"api-key", "sealing-key"} {
		if _, err := kept.Secret(c.path(secret)); err != nil {
			return err
		}
	}
	type m = map[string]any
	keys := c.path("keys", AppID)
	app := m{
		"app_id": AppID, "endpoint": c.Simulator() + "/gateway.do", "private_key_file": filepath.Join(keys, "app_private.pem"),
		"alipay_public_keys": []m{{"key_file": filepath.Join(keys, "alipay_public.pem")}}, "redirect_uri": c.Door() + "/",
	}
	if len(c.options.WebSocket) > 0 {
		app["channel"], app["channel_endpoint"] = config.ChannelWebSocket, c.Simulator()
	}
	return c.write("miniflow.yaml", m{
		"apps":     []m{app},
		"api_keys": []m{{"name": "cluster", "key_file": c.path("api-key"), "apps": []string{"*"}, "scopes": config.Scopes(), "backend": true}},
		"sealing":  m{"keys": []m{{"id": "cluster", "key_file": c.path("sealing-key")}}},
		// As a configuration spells them: the types write themselves.
		"schedules": order.DefaultSchedules().Divide(c.options.Speed),
		"limits":    m{"alipay_calls_per_second": c.options.CallsPerSecond, "api_requests_per_second": 500},
		"files":     m{"allow": []string{c.ports.at(Alipay)}},
		"log":       m{"format": "json"},
	})
}

// environment is what a process of Miniflow is given.
func (c *Cluster) environment(more ...string) []string {
	return append(append([]string{"TEMPORAL_ADDRESS=" + c.Frontend(), "TEMPORAL_NAMESPACE=" + Namespace}, c.options.Environment...), more...)
}

func (c *Cluster) config() string {
	if c.options.Config != "" {
		return c.options.Config
	}
	return c.path("miniflow.yaml")
}

// setUp makes the namespace and its search attributes with the tool that does so in production.
func (c *Cluster) setUp(ctx context.Context) error {
	setup := exec.CommandContext(ctx, filepath.Join(c.programs, miniflowProgram), "setup", "--config", c.config()) //nolint:gosec // built here
	setup.Dir, setup.Env = c.path(), c.environment()
	if said, err := setup.CombinedOutput(); err != nil {
		return fmt.Errorf("set up the namespace: %w\n%s", err, said)
	}
	return nil
}

// newMiniflow adds a process for each role.
func (c *Cluster) newMiniflow() {
	roles := map[string]string{API: "api", Door: "door", Channel: "channel"}
	for _, name := range c.roles() {
		role := roles[name]
		if role == "" {
			role = "worker"
		}
		at := c.ports.at(name)
		c.add(&process{
			name: name, program: filepath.Join(c.programs, miniflowProgram), dir: c.path(), ending: syscall.SIGTERM, orphaned: syscall.SIGKILL,
			args: []string{"serve", "--config", c.config(), "--roles", role},
			env:  c.environment("MINIFLOW_LISTEN=" + at),
			ready: func(ctx context.Context) error {
				return outside.Caller{Base: "http://" + at}.Call(ctx, http.MethodGet, "/readyz", nil, nil)
			},
		})
	}
}

// roles are Miniflow's processes. The long connection has one only where something comes over it.
func (c *Cluster) roles() []string {
	names := []string{API, Door}
	if len(c.options.WebSocket) > 0 || c.options.Config != "" {
		names = append(names, Channel)
	}
	for number := range c.options.Workers {
		names = append(names, Worker(number+1))
	}
	return names
}

// APIKey opens the REST API. It is empty with a configuration that was named, which has its own.
func (c *Cluster) APIKey() string {
	key, _ := os.ReadFile(c.path("api-key")) // made by configure
	return strings.TrimSpace(string(key))
}
