// Package completion completes command lines in a shell. The shells' scripts know nothing of
// commands and flags: at each tab they ask the program itself, which answers from the very
// structs that it parses its command line by, so no second list can fall behind.
package completion

import (
	"embed"
	"fmt"

	"github.com/alecthomas/kong"

	"miniflow/cmd/internal/command"
)

//go:embed scripts
var scripts embed.FS

// Command is `completion`, which prints a shell's script.
type Command struct {
	Shell string `arg:"" help:"bash, zsh, fish or powershell." enum:"bash,zsh,fish,powershell"`
}

// Run prints the script, for the shell to read: scripts are no JSON, whatever --output says.
func (c *Command) Run(env *command.Env) error {
	script, err := scripts.ReadFile("scripts/" + c.Shell)
	if err != nil {
		return fmt.Errorf("read the script of %s: %w", c.Shell, err)
	}
	_, err = env.Stdout.Write(script)
	return err
}

// WordsCommand is the hidden command that the scripts ask; its name is __complete.
type WordsCommand struct {
	// The last word is the one at the cursor and begins with =, since some shells hand on no
	// empty word.
	Words []string `arg:"" optional:""`

	// Lists are the values of what is tagged with complete:"name" and is no enum for the parser,
	// because the API says what is wrong with it.
	Lists map[string][]string `kong:"-"`
}

// Run prints "files" or "words", which says whether a file's name fits as well, and below it a
// line for each word that fits: the word, a tab, and what it is.
func (c *WordsCommand) Run(env *command.Env, parsed *kong.Context) error {
	fitting := complete(parsed.Model.Node, c.Lists, c.Words)
	kind := "words"
	if fitting.files {
		kind = "files"
	}
	if _, err := fmt.Fprintln(env.Stdout, kind); err != nil {
		return err
	}
	for _, one := range fitting.words {
		if _, err := fmt.Fprintf(env.Stdout, "%s\t%s\n", one.text, one.help); err != nil {
			return err
		}
	}
	return nil
}
