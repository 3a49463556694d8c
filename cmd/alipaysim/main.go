// Command alipaysim is Alipay's side of the mini-program business, simulated: the
// gateway, the merchants and reviewers, the pushes, and the management API under
// /sim/v1 that decides what they do. It is for a Miniflow, or any other receiver,
// beside it on the same machine.
//
// It ends with 0 when it was told to end, with 1 when it failed, and with 2 when its
// command line or its data can't be used.
package main

import "miniflow/cmd/internal/command"

// commandLine has no name for its command: there is only one, so none has to be typed.
type commandLine struct {
	command.Flags
	serve
}

// program is made for each run, because a command line keeps what was parsed into it.
func program() command.Program {
	return command.Program{
		Name: "alipaysim", Description: "A simulated Alipay: gateway, merchants, reviewers, pushes. 支付宝模拟器。",
		Line: &commandLine{},
	}
}

func main() { command.Main(program()) }
