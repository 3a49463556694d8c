package ledger

// pageSize is how many records are allocated together. A slice would be copied whenever it grows,
// and stand in memory twice meanwhile.
const pageSize = 1 << 12

// pages is a list that grows without being copied. Its first record is none, so that 0 means
// nothing.
type pages[T any] struct {
	pages []*[pageSize]T
	n     uint32
}

func (p *pages[T]) at(i uint32) *T { return &p.pages[i/pageSize][i%pageSize] }

func (p *pages[T]) add() (uint32, *T) {
	if p.n == 0 {
		p.n = 1
	}
	if int(p.n/pageSize) == len(p.pages) {
		p.pages = append(p.pages, new([pageSize]T))
	}
	p.n++
	return p.n - 1, p.at(p.n - 1)
}

// index finds records by their hash. It holds places alone, since the records have the hashes.
type index struct {
	slots []uint32
	mask  uint64 // one less than the number of slots, which is a power of two
	n     int
}

// find returns the place of a hash, or 0.
func (x *index) find(hash uint64, hashOf func(uint32) uint64) uint32 {
	if len(x.slots) == 0 {
		return 0
	}
	for i := hash & x.mask; ; i = (i + 1) & x.mask {
		if at := x.slots[i]; at == 0 || hashOf(at) == hash {
			return at
		}
	}
}

// add puts a record in, which must not be there yet. Slots are doubled at three quarters.
func (x *index) add(at uint32, hashOf func(uint32) uint64) {
	if 4*(x.n+1) > 3*len(x.slots) {
		old := x.slots
		x.mask = max(1023, 2*x.mask+1)
		x.slots = make([]uint32, x.mask+1)
		for _, moved := range old {
			if moved != 0 {
				x.put(moved, hashOf(moved))
			}
		}
	}
	x.n++
	x.put(at, hashOf(at))
}

func (x *index) put(at uint32, hash uint64) {
	i := hash & x.mask
	for x.slots[i] != 0 {
		i = (i + 1) & x.mask
	}
	x.slots[i] = at
}

// chunkSize is how much text is allocated together.
const chunkSize = 1 << 18

// texts keeps short texts one behind the other. An id of more than 255 bytes is cut; Alipay's have
// 32.
type texts struct {
	chunks [][]byte
}

func (t *texts) add(text string) (at uint32, length uint8) {
	text = text[:min(len(text), 255)]
	if last := len(t.chunks) - 1; last < 0 || len(t.chunks[last])+len(text) > chunkSize {
		t.chunks = append(t.chunks, make([]byte, 0, chunkSize))
	}
	last := len(t.chunks) - 1
	from := len(t.chunks[last])
	t.chunks[last] = append(t.chunks[last], text...)
	return uint32(last*chunkSize + from), uint8(len(text)) //nolint:gosec // both are bounded: four gigabytes of ids are a hundred million orders
}

func (t *texts) get(at uint32, length uint8) string {
	from := at % chunkSize
	return string(t.chunks[at/chunkSize][from : from+uint32(length)])
}

// words gives each of a few texts a number. The last number stands for all that are too many.
type words struct {
	list    []string
	numbers map[string]uint16
	most    int
}

// Alipay has some thirty names of messages, and an ISV a few apps.
const (
	maxNames  = 250
	maxApps   = 4096
	wordOther = "other"
)

func (w *words) number(text string) uint16 {
	if n, found := w.numbers[text]; found {
		return n
	}
	if w.numbers == nil {
		w.numbers = map[string]uint16{}
	}
	if len(w.list) >= w.most {
		text = wordOther
	}
	if n, found := w.numbers[text]; found {
		return n
	}
	n := uint16(len(w.list)) //nolint:gosec // at most one more than most
	w.list = append(w.list, text)
	w.numbers[w.list[n]] = n
	return n
}
