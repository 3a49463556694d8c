package measure

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Machine is what figures depend on besides the program.
type Machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Memory int64  `json:"memory_bytes"`
	Kernel string `json:"kernel"`
	Go     string `json:"go"`
}

// Machine describes this machine. What can't be found out stays empty: it explains figures and
// is not one.
func (p Proc) Machine() Machine {
	m := Machine{Cores: runtime.NumCPU(), Go: runtime.Version()}
	if text, err := fs.ReadFile(p.files, "cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
				m.CPU = strings.TrimSpace(value)
				break
			}
		}
	}
	if text, err := fs.ReadFile(p.files, "meminfo"); err == nil {
		m.Memory = kilobytes(string(text), "MemTotal:") << 10
	}
	if text, err := fs.ReadFile(p.files, "sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(text))
	}
	return m
}

// Load returns the load averages of the last 1, 5 and 15 minutes, as /proc writes them.
func (p Proc) Load() string {
	text, err := fs.ReadFile(p.files, "loadavg")
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(text))
	return strings.Join(fields[:min(3, len(fields))], " ")
}

// Disk returns how many bytes the files below a directory have. A file that goes meanwhile, as
// a database's do, is left out.
func Disk(dir string) (total int64, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			if os.IsNotExist(err) && path != dir {
				return nil
			}
			return err
		}
		info, err := entry.Info()
		if err == nil {
			total += info.Size()
		}
		return nil
	})
	return total, err
}
