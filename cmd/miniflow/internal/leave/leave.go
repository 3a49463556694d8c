// Package leave is `miniflow leave`: everything that Miniflow knows, in files that need no Miniflow.
// Merchants' tokens are among it, encrypted to a key of the user's, so that a folder that is copied
// about opens nothing.
package leave

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"miniflow/alipay/keys"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/remote"
)

// Command is `miniflow leave`.
type Command struct {
	remote.Flags
	Dir       string `arg:"" help:"The folder to write, which must not exist yet." type:"path"`
	PublicKey string `help:"Your RSA public key, as miniflow keys generate makes one: tokens are encrypted to it." type:"path" placeholder:"FILE" required:""`
	AppID     string `help:"Of this third-party app alone." env:"MINIFLOW_APP_ID"`
}

// minBits is the shortest key that may hold what opens every merchant.
const minBits = 2048

// Files of the folder.
const (
	ordersFile         = "orders.jsonl"
	miniProgramsFile   = "mini-programs.jsonl"
	deliveriesFile     = "deliveries.jsonl"
	authorizationsFile = "authorizations.csv.cms"
	readMeFile         = "README.txt"
)

// Report says what has been written, as --output json prints it.
type Report struct {
	Dir            string `json:"dir"`
	Orders         int    `json:"orders"`
	MiniPrograms   int    `json:"mini_programs"`
	Authorizations int    `json:"authorizations"`
	Deliveries     int    `json:"deliveries"`
}

// Run writes the folder. It has its name only once it is whole, so that half of it is never taken
// for all. Nothing changes in Miniflow: what there is to do before and after docs/leave.md says.
func (c *Command) Run(ctx context.Context, env *command.Env) error {
	key, err := c.key()
	if err != nil {
		return err
	}
	if _, err := os.Lstat(c.Dir); !errors.Is(err, fs.ErrNotExist) {
		return command.Usagef("%s exists and is not overwritten: name another folder", c.Dir)
	}
	api, err := c.Connect(env)
	if err != nil {
		return err
	}
	// Beside its place, because a rename crosses no file systems; for the owner alone.
	draft, err := os.MkdirTemp(filepath.Dir(c.Dir), ".leave-*")
	if err != nil {
		return command.Usagef("write beside %s: %w", c.Dir, err)
	}
	defer func() { _ = os.RemoveAll(draft) }() // it has its name by now, or is of no use
	report := Report{Dir: c.Dir}
	w := writing{api: api, appID: c.AppID, dir: draft, key: key, began: env.Now(), report: &report}
	if err := w.all(ctx); err != nil {
		return fmt.Errorf("%w; nothing was written to %s", err, c.Dir)
	}
	if err := os.Rename(draft, c.Dir); err != nil {
		return fmt.Errorf("name the folder: %w", err)
	}
	return env.Show(report, func(p *command.Page) {
		p.Line("%s", p.Good(command.Clean(c.Dir)))
		p.Item("orders", report.Orders)
		p.Item("mini programs", report.MiniPrograms)
		p.Item("authorisations", report.Authorizations)
		p.Item("deliveries", report.Deliveries)
		p.Line("to read the tokens: %s", decrypt)
	})
}

// key is refused where it would be no protection: a private one, or one that is too short.
func (c *Command) key() (*rsa.PublicKey, error) {
	text, err := command.ReadFile(c.PublicKey)
	if err != nil {
		return nil, err
	}
	key, err := keys.ParsePublicKey(string(text))
	public, isRSA := key.(*rsa.PublicKey)
	switch {
	case err != nil:
		return nil, command.Usagef("read %s: %w; make a pair with miniflow keys generate, and keep its private key where only you reach it", c.PublicKey, err)
	case !isRSA:
		return nil, command.Usagef("the key in %s is SM2, and the file of tokens is encrypted with RSA; make an RSA pair for it: miniflow keys generate", c.PublicKey)
	case keys.Bits(key) < minBits:
		return nil, command.Usagef("the key in %s has %d bits; use one of %d or more", c.PublicKey, keys.Bits(key), minBits)
	}
	return public, nil
}

const decrypt = "openssl cms -decrypt -inform DER -in " + authorizationsFile + " -inkey app_private.pem"
