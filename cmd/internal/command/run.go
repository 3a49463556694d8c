package command

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/alecthomas/kong"
)

// Flags are the flags of a program that prints results. Every command line embeds them, so
// that --output and --version mean the same in each program.
type Flags struct {
	Output string `help:"How results are printed: text or json." short:"o" enum:"text,json" default:"text" env:"MINIFLOW_OUTPUT"`
	VersionFlag
}

const (
	outputFlag = "output"
	langFlag   = "lang"
)

// Program is a program as its command line shows it, apart from the process, so that a test
// runs it as often as it likes.
type Program struct {
	Name, Description string
	// Groups are the headings of --help: there are too many commands for one list.
	Groups []kong.Group
	// Variables are the environment variables that belong to no flag, so that the
	// configuration doesn't take them for misspelt settings.
	Variables []string
	// Line is a pointer to a struct, because kong writes what it parses into its fields.
	Line any
}

// Name is the selected command's name. It has a type of its own because kong finds the
// arguments of a Run by their types.
type Name string

// Run runs one command line and returns the exit code. It is main without the process
// around it, so that tests run whole command lines.
func Run(ctx context.Context, program Program, args []string, env *Env) int {
	env.program = program.Name
	env.Stdin = &stdin{ctx: ctx, from: env.Stdin}
	// Kong would end the process for --help, and a test with it; here it only notes the code.
	exited, exitCode := false, ExitOK
	parser, err := kong.New(program.Line, kong.Name(program.Name), kong.Description(program.Description),
		kong.ExplicitGroups(program.Groups), kong.Writers(env.Stdout, env.Stderr), kong.Bind(env),
		kong.Exit(func(code int) { exited, exitCode = true, code }))
	if err != nil {
		// A struct that kong can't read is a mistake in the program, and no flag would mend it.
		return report(env, ExitFailed, err)
	}
	// "help orders list" is how most programs are asked.
	if len(args) > 0 && args[0] == "help" {
		args = append(slices.Clone(args[1:]), "--help")
	}
	env.Language = localeOf(parser.Model.Flags, env)
	parsed, err := parser.Parse(args)
	switch {
	case exited: // --help or --version has answered
		return exitCode
	case err != nil:
		// The hint is there because kong names the wrong word and not the right ones.
		return report(env, ExitUsage, fmt.Errorf("%w; `%s --help` lists what there is", err, program.Name))
	}
	env.variables = variablesOf(parser.Model.Node)
	for _, name := range program.Variables {
		env.variables[name] = true
	}
	env.JSON, env.Language = asksForJSON(parsed), languageOf(parsed, env)
	// A command's Run may take these as arguments; kong finds them by type.
	parsed.BindTo(ctx, (*context.Context)(nil))
	// A program without commands, such as alipaysim, selects none.
	if selected := parsed.Selected(); selected != nil {
		parsed.Bind(Name(selected.Name))
	}
	switch err := parsed.Run(); {
	case err == nil:
		return ExitOK
	case ctx.Err() != nil:
		return reportInterrupted(env, err)
	default:
		return report(env, codeOf(err), err)
	}
}

// asksForJSON looks among the flags, because not every program has --output.
func asksForJSON(line *kong.Context) bool {
	for _, flag := range line.Model.Flags {
		if flag.Name == outputFlag {
			return line.FlagValue(flag) == outputJSON
		}
	}
	return false
}

// variablesOf lists the environment variables that flags may come from. They begin with MINIFLOW_
// as the configuration's do, and must not be taken for misspelt settings.
func variablesOf(node *kong.Node) map[string]bool {
	// The flags of every command count and not the selected one's alone: one environment serves
	// several commands.
	names := map[string]bool{}
	for _, flag := range node.Flags {
		for _, name := range flag.Envs {
			names[name] = true
		}
	}
	for _, child := range node.Children {
		maps.Copy(names, variablesOf(child))
	}
	return names
}
