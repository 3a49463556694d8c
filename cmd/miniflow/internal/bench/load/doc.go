// Package load sends requests at a pace and times them.
//
// An open load has a schedule of intended times, and each latency counts from there: a system
// that stalls is not asked less often meanwhile, so what it makes others wait for shows in the
// percentiles (there is no coordinated omission). A closed load keeps a number of callers busy
// and finds out how much a system takes.
package load
