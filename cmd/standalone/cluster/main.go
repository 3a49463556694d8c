// Command cluster is a production on one machine, without containers: PostgreSQL, Temporal's own
// server as five processes, Miniflow's roles as processes of the shipped program. It is for small
// installations, with a configuration of their own, and for whoever tests or measures what
// production does, with a simulated Alipay; it listens on loopback alone.
package main

import "miniflow/cmd/internal/command"

func main() { command.Main(program()) }
