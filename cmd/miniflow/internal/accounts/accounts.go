// Package accounts is `miniflow people`, which keeps the accounts of the console: the people file that
// the configuration names. Every process that serves the console reads it again by itself.
package accounts

import (
	"context"
	"slices"
	"strings"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/settings"
	"miniflow/ingress/console/people"
)

// Command is `miniflow people`.
type Command struct {
	Add      add      `cmd:"" help:"Add an account."`
	List     list     `cmd:"" help:"Show who has an account, and what they may do."`
	Password password `cmd:"" help:"Give an account a password: asked for, read from standard input, or made. Ends the account's sessions."`
	LogOut   logOut   `cmd:"" help:"End every session of an account, in every process."`
	Remove   remove   `cmd:"" help:"Take an account out: it is out at once."`
}

// place is where the people file is.
type place struct {
	Config string `help:"The configuration that names the people file and the groups of merchants." short:"c" default:"miniflow.yaml" env:"MINIFLOW_CONFIG" placeholder:"FILE"`
	File   string `help:"The people file itself, where there is no configuration; groups of merchants are not checked then." placeholder:"FILE"`
}

// find returns the people file and the groups that it may name.
func (p place) find(env *command.Env) (path string, groups map[string][]string, err error) {
	if p.File != "" {
		return p.File, nil, nil
	}
	cfg, err := settings.Load(p.Config, env)
	if err != nil {
		return "", nil, err
	}
	if !cfg.Console.On() {
		return "", nil, command.Usagef("%s has no console.people_file; name one there, or give --file", p.Config)
	}
	groups = cfg.Console.MerchantGroups
	if groups == nil {
		groups = map[string][]string{} // known, and none
	}
	return cfg.Console.PeopleFile, groups, nil
}

func (p place) change(env *command.Env, change func(file *people.File) error) error {
	path, groups, err := p.find(env)
	if err != nil {
		return err
	}
	return people.Change(path, groups, change)
}

type add struct {
	place
	Name      string   `arg:"" help:"What is typed to log in, and the actor on timelines: lower-case letters, digits, '.', '_', '@' or '-'."`
	Role      []string `help:"viewer, service, operator, release or auditor; may be repeated." required:"" enum:"viewer,service,operator,release,auditor"`
	Apps      []string `help:"App ids, with commas between them; every app by default." default:"*"`
	Merchants []string `help:"Groups of merchants (console.merchant_groups), with commas between them; every merchant by default."`
	OIDC      string   `name:"oidc" help:"What the provider calls this person, in the claim console.oidc.claim."`
	Generate  bool     `help:"Make a password, and print it this once."`
}

// Added is the answer of `people add` and `people password`.
type Added struct {
	Name string `json:"name"`
	// Password is there only where it was made, this once.
	Password string `json:"password,omitempty"`
}

// Run adds an account, whose way in is a password, OIDC or both.
func (c *add) Run(env *command.Env) error {
	name := people.NameOf(c.Name)
	person := people.Person{Name: name, Apps: c.Apps, Merchants: c.Merchants, OIDC: c.OIDC}
	for _, role := range c.Role {
		person.Roles = append(person.Roles, people.Role(role))
	}
	added := Added{Name: name}
	err := c.change(env, func(file *people.File) error {
		if err := file.Add(person, env.Now()); err != nil || !c.Generate {
			return err
		}
		added.Password = people.GeneratePassword()
		return file.SetPassword(name, added.Password, env.Now())
	})
	if err != nil {
		return err
	}
	return env.Show(added, func(p *command.Page) {
		p.Line("%s is added", name)
		added.show(p)
		if c.OIDC == "" && !c.Generate {
			p.Line("there is no way in yet: `miniflow people password %s` gives a password", name)
		}
	})
}

func (a Added) show(p *command.Page) {
	if a.Password != "" {
		p.Line("the password, which is shown this once: %s", a.Password)
	}
}

type password struct {
	place
	Name     string `arg:"" help:"The account."`
	Generate bool   `help:"Make one, and print it this once."`
}

// Run asks twice on a terminal, because what is typed is not seen.
func (c *password) Run(ctx context.Context, env *command.Env) error {
	given := Added{Name: people.NameOf(c.Name)}
	var text string
	var err error
	if c.Generate {
		given.Password = people.GeneratePassword()
		text = given.Password
	} else if text, err = ask(ctx, env); err != nil {
		return err
	}
	if err := c.change(env, func(file *people.File) error { return file.SetPassword(given.Name, text, env.Now()) }); err != nil {
		return err
	}
	return env.Show(given, func(p *command.Page) {
		p.Line("%s has a new password; who was logged in with the old one is out", given.Name)
		given.show(p)
	})
}

func ask(ctx context.Context, env *command.Env) (string, error) {
	text, err := env.ReadSecret(ctx, "new password:")
	if err != nil || !env.IsTerminal() {
		return text, err
	}
	again, err := env.ReadSecret(ctx, "once more:")
	if err == nil && again != text {
		err = command.Usagef("the two are not the same; run the command again")
	}
	return text, err
}

type logOut struct {
	place
	Name string `arg:"" help:"The account."`
}

// Run writes a moment into the file; sessions that began before it count nowhere.
func (c *logOut) Run(env *command.Env) error {
	name := people.NameOf(c.Name)
	if err := c.change(env, func(file *people.File) error { return file.LogOut(name, env.Now()) }); err != nil {
		return err
	}
	return env.Show(Added{Name: name}, func(p *command.Page) { p.Line("%s is logged out everywhere", name) })
}

type remove struct {
	place
	Name string `arg:"" help:"The account."`
}

// Run takes an account out; what it has done stays on timelines and in the audit log.
func (c *remove) Run(env *command.Env) error {
	name := people.NameOf(c.Name)
	if err := c.change(env, func(file *people.File) error { return file.Remove(name) }); err != nil {
		return err
	}
	return env.Show(Added{Name: name}, func(p *command.Page) { p.Line("%s is removed, and out at once", name) })
}

type list struct{ place }

// Listed is one account as `people list` shows it: no hash.
type Listed struct {
	Name      string        `json:"name"`
	Roles     []people.Role `json:"roles"`
	Apps      []string      `json:"apps"`
	Merchants []string      `json:"merchants"` // null is every merchant
	Password  bool          `json:"password"`
	OIDC      string        `json:"oidc"`
}

// Run lists accounts by name.
func (c *list) Run(env *command.Env) error {
	path, groups, err := c.find(env)
	if err != nil {
		return err
	}
	file, err := people.ReadFile(path, groups)
	if err != nil {
		return err
	}
	all := make([]Listed, 0, len(file.People))
	for _, one := range file.People {
		all = append(all, Listed{one.Name, one.Roles, one.Apps, one.Merchants, one.PasswordHash != "", one.OIDC})
	}
	slices.SortFunc(all, func(a, b Listed) int { return strings.Compare(a.Name, b.Name) })
	return env.Show(map[string]any{"people": all}, func(p *command.Page) {
		for _, one := range all {
			one.show(p)
		}
		if len(all) == 0 {
			p.Line("nobody has an account")
		}
	})
}

func (l Listed) show(p *command.Page) {
	p.Line("%s", p.Good(command.Clean(l.Name)))
	p.Item("roles", join(l.Roles))
	p.Item("apps", join(l.Apps))
	p.Item("merchants", join(l.Merchants))
	if l.Password {
		p.Item("password", p.Sayf("has one"))
	}
	p.Item("oidc", l.OIDC)
}

func join[T ~string](all []T) string {
	texts := make([]string, 0, len(all))
	for _, one := range all {
		texts = append(texts, string(one))
	}
	return strings.Join(texts, ", ")
}
