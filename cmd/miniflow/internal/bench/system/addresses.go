package system

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"miniflow/cmd/internal/command"
)

// Addresses is the file addresses.json that a standalone, or a cluster, writes once it takes work.
type Addresses struct {
	API       string `json:"api"`
	Simulator string `json:"simulator"`
	Temporal  string `json:"temporal"`
	// PID is the process of a standalone, or the one whose children are all those of a cluster.
	PID int `json:"pid"`
	// Door is where Alipay's notifications are posted, where that is not the API's address.
	Door string `json:"door"`
	// Metrics are the addresses of all of a cluster's processes of Miniflow. Left out, the API's
	// is the only one.
	Metrics []string `json:"metrics"`
	// Processes are a cluster's, by name. Left out, one process is all there is.
	Processes map[string]int `json:"processes"`

	// dir is where the file is; standalone and cluster keep their keys there.
	dir string
}

// ReadAddresses reads the file. One that lacks an address is refused: it is another program's.
func ReadAddresses(file string) (Addresses, error) {
	text, err := command.ReadFile(file)
	if err != nil {
		return Addresses{}, err
	}
	at := Addresses{dir: filepath.Dir(file)}
	if err := json.Unmarshal(text, &at); err != nil {
		return at, command.Usagef("read %s: %w; it is the addresses.json of a standalone's data directory", file, err)
	}
	if at.API == "" || at.Simulator == "" || at.Temporal == "" || at.PID == 0 {
		return at, command.Usagef("%s lacks one of api, simulator, temporal and pid; it is the addresses.json of a standalone's data directory", file)
	}
	return at, nil
}

func (a Addresses) metrics() []string {
	if len(a.Metrics) == 0 {
		return []string{a.API}
	}
	return a.Metrics
}

func (a Addresses) door() string { return cmp.Or(a.Door, a.API) }

// keyFile is Alipay's private key, with which messages are signed as this simulated Alipay signs
// them.
func (a Addresses) keyFile(dir, appID string) string {
	if dir == "" {
		dir = filepath.Join(a.dir, "keys")
	}
	return filepath.Join(dir, appID, "alipay_private.pem")
}

func (a Addresses) readKey(dir, appID string) (string, error) {
	text, err := os.ReadFile(a.keyFile(dir, appID))
	if err != nil {
		return "", command.Usagef("read Alipay's key: %w; say with --keys where the simulator keeps its keys", err)
	}
	return string(text), nil
}

// apiKey is the key that standalone and cluster make for themselves; nothing where they have not.
func (a Addresses) apiKey() string {
	text, err := os.ReadFile(filepath.Join(a.dir, "api-key"))
	if err != nil {
		return "" // the API's 401 says that one is missing
	}
	return strings.TrimSpace(string(text))
}
