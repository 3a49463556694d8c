package measure

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of /proc/<pid>/stat: USER_HZ, which is 100 on every architecture that
// Go runs on.
const clockTick = 10 * time.Millisecond

// Proc reads /proc. Tests put files of their own in its place.
type Proc struct{ files fs.FS }

// OS returns this machine's /proc.
func OS() Proc { return Proc{os.DirFS("/proc")} }

// In returns a /proc whose files are these.
func In(files fs.FS) Proc { return Proc{files} }

// process is one line of /proc/<pid>/stat.
type process struct {
	pid, parent int
	// cpu includes that of children that have ended and were waited for, so that a database's
	// short-lived backends are not lost.
	cpu time.Duration
}

// parseStat reads /proc/<pid>/stat. The program's name stands in parentheses and may contain
// spaces and parentheses of its own, so the fields are counted from the last one.
func parseStat(text string) (process, error) {
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return process{}, fmt.Errorf("no program in %q", text)
	}
	fields := strings.Fields(text[end+1:])
	// state, ppid, … utime (14), stime (15), cutime (16), cstime (17), counted from pid = 1.
	const parent, utime, cstime = 1, 11, 14
	if len(fields) <= cstime {
		return process{}, fmt.Errorf("only %d fields in %q", len(fields), text)
	}
	var p process
	var err error
	if p.pid, err = strconv.Atoi(strings.TrimSpace(text[:open])); err != nil {
		return process{}, err
	}
	if p.parent, err = strconv.Atoi(fields[parent]); err != nil {
		return process{}, err
	}
	for _, field := range fields[utime : cstime+1] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return process{}, err
		}
		p.cpu += time.Duration(ticks) * clockTick
	}
	return p, nil
}

// processes lists everything that runs. A process that ends meanwhile is left out.
func (p Proc) processes() (map[int]process, error) {
	entries, err := fs.ReadDir(p.files, ".")
	if err != nil {
		return nil, fmt.Errorf("list the processes: %w; only Linux has /proc", err)
	}
	all := map[int]process{}
	for _, entry := range entries {
		if _, err := strconv.Atoi(entry.Name()); err != nil {
			continue
		}
		text, err := fs.ReadFile(p.files, entry.Name()+"/stat")
		if err != nil {
			continue
		}
		one, err := parseStat(string(text))
		if err != nil {
			return nil, fmt.Errorf("read /proc/%s/stat: %w", entry.Name(), err)
		}
		all[one.pid] = one
	}
	return all, nil
}

// errGone says that nothing is left of what was to be measured.
var errGone = errors.New("the process has ended")

// tree returns the processes with these numbers and everything below them.
func (p Proc) tree(roots ...int) ([]process, error) {
	all, err := p.processes()
	if err != nil {
		return nil, err
	}
	var found []process
	for _, root := range roots {
		if _, runs := all[root]; !runs {
			return nil, fmt.Errorf("measure process %d: %w", root, errGone)
		}
	}
	for _, one := range all {
		if below(all, one.pid, roots) {
			found = append(found, one)
		}
	}
	return found, nil
}

// below reports whether a process is one of the roots or descends from one.
func below(all map[int]process, pid int, roots []int) bool {
	for depth := 0; pid > 0 && depth <= len(all); depth++ {
		for _, root := range roots {
			if pid == root {
				return true
			}
		}
		pid = all[pid].parent
	}
	return false
}

// CPU returns the processor time that the processes and everything below them have used.
func (p Proc) CPU(roots ...int) (time.Duration, error) {
	tree, err := p.tree(roots...)
	var used time.Duration
	for _, one := range tree {
		used += one.cpu
	}
	return used, err
}

// Resident returns the memory that the processes and everything below them hold, in bytes.
// Memory that several share, such as a database's buffers, counts once.
func (p Proc) Resident(roots ...int) (int64, error) {
	tree, err := p.tree(roots...)
	var held int64
	for _, one := range tree {
		held += p.resident(strconv.Itoa(one.pid))
	}
	return held, err
}

// resident is nothing for a process that has ended meanwhile. How much of another user's memory is
// shared is not to be seen, so all of it counts there.
func (p Proc) resident(pid string) int64 {
	for _, of := range []struct{ file, line string }{{"smaps_rollup", "Pss:"}, {"status", "VmRSS:"}} {
		if text, err := fs.ReadFile(p.files, pid+"/"+of.file); err == nil {
			return kilobytes(string(text), of.line) << 10
		}
	}
	return 0
}

// kilobytes finds a line such as "Pss:  1024 kB"; 0 where there is none.
func kilobytes(text, name string) int64 {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) >= 2 && fields[0] == name {
			n, _ := strconv.ParseInt(fields[1], 10, 64) // what is not a number counts as none
			return n
		}
	}
	return 0
}
