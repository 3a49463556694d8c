// Package cluster runs what production runs, without containers and on one machine:
// PostgreSQL as Debian packages it, Temporal's own server as five processes, and
// Miniflow's roles as processes of the shipped program, with a simulated Alipay beside
// them. Tests and measurements stand on it, and the program cmd/standalone/cluster.
//
// It promises three things.
//
//   - Nothing is faked or linked in: each part is a process of the program that
//     production runs, and each can be killed, stopped and started again by its name.
//   - Nothing listens beyond loopback. Temporal has no authentication here, so an
//     address of the outside is refused; PostgreSQL has a password of its own and no
//     socket.
//   - Nothing outlives the process that has started it, however that one ends, and a
//     directory that was killed at any moment starts again and goes on.
package cluster
