// Command standalone is all of Miniflow in one process: Temporal on SQLite files, its Web
// UI, a simulated Alipay, Miniflow with every role, and seven demonstration orders that meet
// everything that merchants and reviewers can do. It is for trying, developing and testing;
// it listens on loopback alone.
package main

import "miniflow/cmd/internal/command"

func main() { command.Main(program()) }
