package journal

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"miniflow/order"
)

// recover reads every segment, sets aside what is damaged, and queues what was not dispatched.
// Messages that Temporal refused for good are tried again, since the start of a process may
// be what has mended the cause.
func (j *Journal) recover() error {
	names, err := j.disk.list()
	if err != nil {
		return err
	}
	slices.Sort(names)
	names = slices.DeleteFunc(names, func(name string) bool { return !isSegment(name) })
	// Never a sequence again that a file was named after, also one that is gone or set aside.
	j.writer.sequence = uint64(max(0, j.config.Now().UnixNano()))
	for i, name := range names {
		if err := j.recoverSegment(name, i == len(names)-1); err != nil {
			return err
		}
	}
	j.writer.tidy()
	return j.countDamaged()
}

// recoverSegment reads one segment. Only the last can end in a record that was cut off: the
// others were finished before the next began.
func (j *Journal) recoverSegment(name string, last bool) error {
	data, err := j.disk.read(name)
	if err != nil {
		return err
	}
	f, err := j.disk.open(name)
	if err != nil {
		return err
	}
	s := &segment{name: name, file: f, size: int64(len(data))}
	j.writer.segments = append(j.writer.segments, s)
	j.writer.bytes += s.size
	var unreadable []damage
	damages := scan(data, func(at int, r record) {
		j.writer.sequence = max(j.writer.sequence, r.sequence)
		if r.state == stateDispatched {
			return
		}
		m, err := j.recovered(r)
		if err != nil {
			unreadable = append(unreadable, damage{from: at, to: at + headerSize + len(r.payload)})
			return
		}
		m.segment, m.offset, m.size = s, int64(at), headerSize+len(r.payload)
		s.waiting++
		j.queue.known[m.key] = m
		j.queue.push(m)
	})
	for _, d := range append(damages, unreadable...) {
		if err := j.drop(s, data, d, last); err != nil {
			return err
		}
	}
	return nil
}

func (j *Journal) recovered(r record) (*message, error) {
	var n order.Notification
	if err := json.Unmarshal(r.payload, &n); err != nil {
		return nil, err
	}
	return &message{
		key: keyOf(n.NotificationKey), app: j.queue.appOf(n.AppID), target: j.config.Dispatcher.Target(n), sequence: r.sequence, at: r.at,
	}, nil
}

// drop cuts a torn record off, and sets anything else that can't be read aside for a person:
// it was acknowledged, so what it brought has to be looked for at Alipay.
func (j *Journal) drop(s *segment, data []byte, d damage, last bool) error {
	if d.torn && last {
		j.config.Metrics.torn.Inc()
		j.config.Log.Warn("a record of the door's journal was cut off when its process or machine stopped; it was never acknowledged and is dropped",
			"segment", s.name, "offset", d.from, "bytes", d.to-d.from)
		if err := s.file.Truncate(int64(d.from)); err != nil {
			return fmt.Errorf("cut the torn end of %s off: %w", s.name, err)
		}
		j.writer.bytes -= s.size - int64(d.from)
		s.size = int64(d.from)
		return nil
	}
	return j.setAside(s.name, d.from, data[d.from:d.to])
}

func (j *Journal) setAside(segment string, at int, data []byte) error {
	name := damagedName(segment, at)
	j.config.Log.Error("a record of the door's journal is damaged and was set aside; it was acknowledged, so look in Alipay's console for what it brought",
		"segment", segment, "offset", at, "bytes", len(data), "file", name)
	if err := j.disk.keep(name, data); err != nil {
		return fmt.Errorf("set the damaged record %s aside: %w", name, err)
	}
	return nil
}

// countDamaged counts the files that were set aside, those of earlier starts included: they
// count until a person has taken them away.
func (j *Journal) countDamaged() error {
	names, err := j.disk.list()
	if err != nil {
		return err
	}
	count := 0
	for _, name := range names {
		if strings.HasSuffix(name, damagedSuffix) {
			count++
		}
	}
	j.damaged.Store(int64(count))
	return nil
}
