package audit

import (
	"cmp"
	"slices"
	"time"
)

// Fault is what is wrong with a log.
type Fault string

const (
	// Altered is a line that is not as it was written.
	Altered Fault = "altered"
	// Broken is a line that does not follow the one before it: one is missing, or was moved or inserted.
	Broken Fault = "broken"
	// Unexplained is a detail that is gone, and no entry says that it was erased.
	Unexplained Fault = "unexplained"
	// Cut is a line that another refers to and that is not there: the end of a file was cut off, or
	// its lines were written anew.
	Cut Fault = "cut"
	// Missing is a file that another refers to and that no entry says was removed.
	Missing Fault = "missing"
	// Unwhole is the last line of a file that another follows, and that is not whole.
	Unwhole Fault = "unwhole"
	// Unknown is an expected hash that no line has.
	Unknown Fault = "unknown"
)

// Finding is one fault and where it is.
type Finding struct {
	Fault Fault  `json:"fault"`
	File  string `json:"file,omitempty"`
	// Line is the line in its file, from 1; of a cut, the sequence that is missed.
	Line     int    `json:"line,omitempty"`
	Sequence uint64 `json:"sequence,omitempty"`
	// By is the file that refers to what is missing.
	By string `json:"by,omitempty"`
	// Hash is the one that was expected.
	Hash string `json:"hash,omitempty"`
}

// ChainReport is what one process wrote.
type ChainReport struct {
	Chain   string    `json:"chain"`
	Files   int       `json:"files"`
	Entries int       `json:"entries"`
	Erased  int       `json:"erased"`
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
	// Head is the last line.
	Head Mark `json:"head"`
	// Unwhole is whether an unfinished line follows: the process ended while it wrote, or somebody cut
	// there.
	Unwhole bool `json:"unwhole,omitempty"`
}

// Report is what Verify found.
type Report struct {
	Chains   []ChainReport `json:"chains"`
	Findings []Finding     `json:"findings"`
}

// Verify reads the files of a folder, or the files that are named, and holds every line against the
// one before, against what other lines say of it, and against hashes that were noted elsewhere. Files
// that are named are held against one another alone.
func Verify(paths []string, expected ...string) (Report, error) {
	files, whole, err := filesOf(paths)
	if err != nil {
		return Report{}, err
	}
	slices.SortStableFunc(files, func(a, b file) int { return cmp.Or(cmp.Compare(a.chain, b.chain), cmp.Compare(a.day, b.day)) })
	v := &verifier{whole: whole, hashes: map[string]map[uint64]string{}, removed: map[string]bool{}, erased: map[string]map[uint64]bool{}}
	for i, f := range files {
		last := i == len(files)-1 || files[i+1].chain != f.chain
		if err := v.file(f, last); err != nil {
			return Report{}, err
		}
	}
	v.judge(expected)
	return v.report(), nil
}

// verifier gathers what lines say, and judges once it has read them all, because a line of one chain
// may explain another's.
type verifier struct {
	whole    bool
	chains   []ChainReport
	findings []Finding
	// hashes are those of the lines by file and sequence.
	hashes  map[string]map[uint64]string
	removed map[string]bool
	erased  map[string]map[uint64]bool
	// marks are what lines refer to; details are those that are gone.
	marks   []reference
	details []Finding
	// head is the last line of the chain that is read.
	head Mark
}

type reference struct {
	Mark
	by string
}

func (v *verifier) file(f file, last bool) error {
	if len(v.chains) == 0 || v.chains[len(v.chains)-1].Chain != f.chain {
		v.chains, v.head = append(v.chains, ChainReport{Chain: f.chain}), Mark{}
	}
	chain := &v.chains[len(v.chains)-1]
	chain.Files++
	v.hashes[f.name] = map[uint64]string{}
	number := 0
	torn, err := f.lines(func(_ int64, text []byte) error {
		number++
		v.line(f, number, text, chain)
		return nil
	})
	if err != nil {
		return err
	}
	if chain.Unwhole = torn; torn && !last {
		v.findings = append(v.findings, Finding{Fault: Unwhole, File: f.name, Line: number + 1})
	}
	return nil
}

func (v *verifier) line(f file, number int, text []byte, chain *ChainReport) {
	read, err := parse(text)
	at := Finding{File: f.name, Line: number, Sequence: read.Sequence}
	if err != nil {
		at.Fault = Altered
		v.findings = append(v.findings, at)
		// The next line is held against what this one says of itself, so that one fault is found once.
		v.head = Mark{f.name, read.Sequence, read.Hash}
		return
	}
	if !v.follows(read, number) {
		at.Fault = Broken
		v.findings = append(v.findings, at)
	}
	v.head = Mark{f.name, read.Sequence, read.Hash}
	v.hashes[f.name][read.Sequence] = read.Hash
	v.note(f.name, read)
	if read.Salt == "" {
		at.Fault = Unexplained
		v.details = append(v.details, at)
		chain.Erased++
	}
	chain.Entries++
	if chain.First.IsZero() {
		chain.First = read.At
	}
	chain.Last, chain.Head = read.At, v.head
}

// follows reports whether a line stands where it belongs. The first line of what is left of a chain
// may continue a file that is gone, which is judged later.
func (v *verifier) follows(read line, number int) bool {
	if first := number == 1; first != (read.Action == begun) || !first && read.Continues != nil {
		return false
	}
	if v.head.File != "" {
		if number == 1 && (read.Continues == nil || read.Continues.File != v.head.File) {
			return false
		}
		return read.Previous == v.head.Hash && read.Sequence == v.head.Sequence+1
	}
	if read.Continues == nil {
		return read.Sequence == 1 && read.Previous == ""
	}
	return read.Sequence == read.Continues.Sequence+1 && read.Previous == read.Continues.Hash
}

func (v *verifier) note(name string, read line) {
	marks := slices.Clone(read.Anchors)
	if read.Continues != nil {
		marks = append(marks, *read.Continues)
	}
	for _, mark := range marks {
		v.marks = append(v.marks, reference{mark, name})
	}
	for _, mark := range read.Removed {
		v.removed[mark.File] = true
	}
	for _, erasure := range read.Erased {
		if v.erased[erasure.File] == nil {
			v.erased[erasure.File] = map[uint64]bool{}
		}
		for _, sequence := range erasure.Sequences {
			v.erased[erasure.File][sequence] = true
		}
	}
}

func (v *verifier) judge(expected []string) {
	for _, gone := range v.details {
		if !v.erased[gone.File][gone.Sequence] {
			v.findings = append(v.findings, gone)
		}
	}
	for _, mark := range v.marks {
		lines, there := v.hashes[mark.File]
		switch {
		case there && lines[mark.Sequence] != mark.Hash:
			v.findings = append(v.findings, Finding{Fault: Cut, File: mark.File, Sequence: mark.Sequence, By: mark.by, Hash: mark.Hash})
		case !there && v.whole && !v.removed[mark.File]:
			v.findings = append(v.findings, Finding{Fault: Missing, File: mark.File, By: mark.by})
		}
	}
	for _, hash := range expected {
		if !v.has(hash) {
			v.findings = append(v.findings, Finding{Fault: Unknown, Hash: hash})
		}
	}
}

func (v *verifier) has(hash string) bool {
	for _, lines := range v.hashes {
		for _, one := range lines {
			if one == hash {
				return true
			}
		}
	}
	return false
}

func (v *verifier) report() Report {
	return Report{Chains: append([]ChainReport{}, v.chains...), Findings: append([]Finding{}, slices.Compact(v.findings)...)}
}
