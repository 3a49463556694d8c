package config

import (
	"path/filepath"
	"strings"
)

// Audit is where the log of who did what is kept, apart from Temporal, and how long.
type Audit struct {
	// Dir is a folder on a disk that outlives the process, an absolute path, made at the first start;
	// processes may share one. Default none: nothing is recorded.
	Dir string `yaml:"dir"`
	// KeepDays is after how many days a file is removed. Default 180, because that is how long logs of
	// network operations have to be kept in China (Cybersecurity Law, article 21: six months).
	KeepDays int `yaml:"keep_days"`
}

const defaultAuditDays = 180

func (v *validator) audit() {
	if dir := v.config.Audit.Dir; dir != "" && !filepath.IsAbs(dir) {
		v.problem("audit.dir", "has to be an absolute path: the log has to be found again wherever the process is started")
	}
	if v.config.Audit.KeepDays < 1 {
		v.problem("audit.keep_days", "has to be more than nothing")
	}
}

// merchants checks what a key is bound to: a merchant_ref, or the beginning of several and a *.
func (v *validator) merchants(at string, merchants []string) {
	if merchants != nil && len(merchants) == 0 {
		v.problem(at, "is empty, so the key could see no order; leave it out for all merchants")
	}
	for _, one := range merchants {
		if one == "" || strings.Contains(strings.TrimSuffix(one, "*"), "*") || strings.ContainsAny(one, "'\"?\\") {
			v.problem(at, "has to be merchant_refs, or beginnings of them with a * at the end, such as hangzhou-*")
			return
		}
	}
}
