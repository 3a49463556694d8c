package tell

import "slices"

// Forget drops everything that is known of orders, which are told of no more.
func (s *State) Forget(orders []string) {
	s.Recent = slices.DeleteFunc(s.Recent, func(one Recent) bool { return slices.Contains(orders, one.OutOrderNo) })
	s.Waiting = slices.DeleteFunc(s.Waiting, func(one Waiting) bool { return slices.Contains(orders, one.OutOrderNo) })
	s.Dead = slices.DeleteFunc(s.Dead, func(one Dead) bool { return slices.Contains(orders, one.OutOrderNo) })
}
