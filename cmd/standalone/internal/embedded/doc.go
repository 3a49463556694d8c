// Package embedded runs a whole Temporal inside this process: the server on
// SQLite files and its Web UI, for a laptop, a demonstration or a test.
//
// It promises three things.
//
//   - What Temporal has accepted is kept. The files are in WAL mode with
//     synchronous=FULL, they get their names only when they are whole, and a
//     process killed at any moment, the very first start included, leaves a
//     directory that starts again and goes on.
//   - Nothing listens beyond loopback and nothing calls home. Temporal has no
//     authentication here, so an address of the outside is refused, a foreign
//     Host header is refused (DNS rebinding), and the checks for new versions
//     and news are off.
//   - One directory, one process. A second one is refused until the first ends.
//
// It does not promise to carry data from one minor version of Temporal to the
// next: SQLite stores have no migrations, so every minor version has files of
// its own and Start says so when it finds those of another. It is not a production
// cluster either; that is what `miniflow serve` connects to.
package embedded
