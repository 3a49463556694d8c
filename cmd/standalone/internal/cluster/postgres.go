package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"miniflow/cmd/internal/command"
)

// Postgres is the name of the database's process.
const Postgres = "postgres"

// database is PostgreSQL in a directory of its own.
type database struct {
	bin, dir string
	password string
	as       *syscall.Credential
	at       string // host:port
	run      *process
}

// databaseUser is the one role; it owns both databases.
const databaseUser = "temporal"

// newDatabase finds the programs and makes the directory at the first start.
func (c *Cluster) newDatabase(ctx context.Context) (*database, error) {
	d := &database{dir: c.path("postgres"), password: c.databasePassword, at: c.ports.at(Postgres)}
	var err error
	if d.bin, err = binaries(debians, d.dir); err != nil {
		return nil, err
	}
	if d.as, err = owner(); err != nil {
		return nil, err
	}
	if err := d.initialise(ctx); err != nil {
		return nil, err
	}
	port := strconv.Itoa(c.ports[Postgres])
	d.run = c.add(&process{
		name: Postgres, program: filepath.Join(d.bin, "postgres"), dir: d.dir, as: d.as,
		// No socket: the name of one in a deep directory would be too long for the kernel, and
		// everything here reaches it over TCP.
		args: []string{
			"-D", d.dir, "-p", port, "-c", "listen_addresses=" + thisMachine, "-c", "unix_socket_directories=",
			"-c", "max_connections=300", "-c", "logging_collector=off", "-c", "timezone=UTC",
		},
		// Fast: what is under way is rolled back. Killed, it would leave its children to find out.
		ending: syscall.SIGINT, orphaned: syscall.SIGINT,
		// The children of one that was killed take a moment to end, and no other starts before.
		patience: endWithin,
		ready: func(ctx context.Context) error {
			return exec.CommandContext(ctx, filepath.Join(d.bin, "pg_isready"), "-q", "-h", thisMachine, "-p", port).Run() //nolint:gosec // Debian's own
		},
	})
	return d, nil
}

// debians is where Debian keeps PostgreSQL's server programs, which are not in PATH.
const debians = "/usr/lib/postgresql"

// binaries returns the folder of the programs below a place: those of the version that made the
// files, which no other one opens, and of the newest where there are no files yet.
func binaries(place, dir string) (string, error) {
	const program = "bin/initdb"
	if made, err := os.ReadFile(filepath.Join(dir, "PG_VERSION")); err == nil { //nolint:gosec // a file of the data directory
		version := strings.TrimSpace(string(made))
		bin := filepath.Join(place, version, filepath.Dir(program))
		if _, err := os.Stat(bin); err != nil { //nolint:gosec // what PostgreSQL has written there
			return "", fmt.Errorf("%s was made by PostgreSQL %s, which is not on this machine: install Debian's package postgresql-%s, or move the data on with its pg_upgrade", dir, version, version)
		}
		return bin, nil
	}
	found, err := filepath.Glob(filepath.Join(place, "*", program))
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", errors.New("there is no PostgreSQL on this machine: install Debian's package postgresql (apt-get install postgresql); its own service is not needed")
	}
	number := func(path string) int {
		version, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))) // 0 where it is none
		return version
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return number(a) - number(b) })), nil
}

// owner is who PostgreSQL runs as: it refuses to run as root.
func owner() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // no credential is the process's own user
	}
	postgres, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root: %w; Debian's package postgresql makes that user, or start the cluster as another one", err)
	}
	uid, err := strconv.ParseUint(postgres.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(postgres.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

// initialise makes the files. They get their name only when they are whole, so that a start that was
// killed begins again.
func (d *database) initialise(ctx context.Context) error {
	if _, err := os.Stat(d.dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	draft, password := d.dir+".new", d.dir+".password"
	if err := os.RemoveAll(draft); err != nil {
		return err
	}
	if err := errors.Join(os.Mkdir(draft, 0o700), os.WriteFile(password, []byte(d.password+"\n"), 0o600)); err != nil {
		return err
	}
	defer func() { _ = os.Remove(password) }() // kept elsewhere, and not for PostgreSQL's user
	if d.as != nil {
		uid, gid := int(d.as.Uid), int(d.as.Gid)
		if err := errors.Join(os.Chown(draft, uid, gid), os.Chown(password, uid, gid)); err != nil {
			return err
		}
	}
	initdb := exec.CommandContext(ctx, filepath.Join(d.bin, "initdb"), "-D", draft, "-U", databaseUser, "--auth=scram-sha-256", //nolint:gosec // Debian's own
		"--pwfile="+password, "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions")
	initdb.Dir = draft
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: d.as, Pdeathsig: syscall.SIGKILL}
	if said, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("make the database's files: %w; when root starts it, the user postgres has to be able to enter every directory above %s\n%s", err, d.dir, said)
	}
	return os.Rename(draft, d.dir)
}

// schemas are Temporal's two databases, by the names of their schemas in Temporal's tool.
var schemas = map[string]string{"temporal": "postgresql/v12/temporal", "temporal_visibility": "postgresql/v12/visibility"}

// updateSchemas makes what is missing and brings both to the version of the server that was built.
// Repeating it changes nothing.
func (d *database) updateSchemas(ctx context.Context, programs string) error {
	host, port, _ := strings.Cut(d.at, ":")
	for name, schema := range schemas {
		tool := func(args ...string) ([]byte, error) {
			all := append([]string{"--plugin", "postgres12_pgx", "--ep", host, "-p", port, "-u", databaseUser, "--db", name}, args...)
			run := exec.CommandContext(ctx, filepath.Join(programs, schemaProgram), all...) //nolint:gosec // built here
			run.Env = append(os.Environ(), "SQL_PASSWORD="+d.password)                      // not an argument, which everyone sees
			return run.CombinedOutput()
		}
		// These two fail where there is nothing to do. update-schema is the one that has to succeed.
		made, _ := tool("create-database")
		set, _ := tool("setup-schema", "-v", "0.0")
		if updated, err := tool("update-schema", "--schema-name", schema); err != nil {
			return fmt.Errorf("bring the schema of %s up to date: %w\n%s%s%s", name, err, made, set, command.Clean(string(updated)))
		}
	}
	return nil
}

// forgetMembers removes what Temporal's processes of an earlier life have written of themselves.
// None of them runs now; the first new one would wait half a minute for answers of those that were
// killed a moment ago.
func (d *database) forgetMembers(ctx context.Context) error {
	host, port, _ := strings.Cut(d.at, ":")
	psql := exec.CommandContext(ctx, filepath.Join(d.bin, "psql"), "-h", host, "-p", port, "-U", databaseUser, "-d", "temporal", //nolint:gosec // Debian's own
		"-v", "ON_ERROR_STOP=1", "-qc", "DELETE FROM cluster_membership")
	psql.Env = append(os.Environ(), "PGPASSWORD="+d.password)
	if said, err := psql.CombinedOutput(); err != nil {
		return fmt.Errorf("forget the members of an earlier cluster: %w\n%s", err, said)
	}
	return nil
}

// dump is everything that both databases hold, as text; bytes are in hexadecimal.
func (d *database) dump(ctx context.Context) (all []byte, _ error) {
	host, port, _ := strings.Cut(d.at, ":")
	for name := range schemas {
		dump := exec.CommandContext(ctx, filepath.Join(d.bin, "pg_dump"), "-h", host, "-p", port, "-U", databaseUser, name) //nolint:gosec // Debian's own
		dump.Env = append(os.Environ(), "PGPASSWORD="+d.password)
		text, err := dump.Output()
		if err != nil {
			return nil, fmt.Errorf("dump %s: %w", name, err)
		}
		all = append(all, text...)
	}
	return all, nil
}
