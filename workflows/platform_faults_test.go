package workflows_test

import (
	"time"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/alipay/gateway/rules"
)

// faults is what a platform does beside the rules, and the count of what it refused.
type faults struct {
	// now is the story's clock.
	now func() time.Time
	// forEver refuses every call of a method.
	forEver map[string]*gateway.Error
	// lost lets the answers of a method's next calls get lost, one each: the effect
	// comes that much after the call.
	lost map[string][]time.Duration
	// built is how a version's build stands, where it has not worked; empty is built.
	built map[string]gateway.BuildState
	made  map[string]time.Time
	tried map[string]gateway.Experience
	// unpacked is how many experience versions somebody ends before they are packaged.
	unpacked int
	from     map[string]string
	// ext is the configuration that a version was built with; applied is shown what is submitted.
	ext     map[string]string
	applied func(map[string]string)
	// builds and scans are how the next versions fare.
	builds []gateway.BuildState
	scans  []gateway.ScanResult
	// byItself, when set, is how long after its pass a version goes online by itself.
	byItself time.Duration
	// unfiled is set while the ICP filing is not finished.
	unfiled bool
	// filing is what Alipay says of it.
	filing gateway.Filing
	// form is the form in which it is online.
	form    gateway.LimitedRelease
	refused []time.Time
}

func newFaults() faults {
	return faults{
		now: func() time.Time { return time.Time{} }, forEver: map[string]*gateway.Error{}, lost: map[string][]time.Duration{},
		built: map[string]gateway.BuildState{}, made: map[string]time.Time{}, tried: map[string]gateway.Experience{}, from: map[string]string{}, ext: map[string]string{}, applied: func(map[string]string) {},
	}
}

// refuses counts a refusal.
func (p *platform) refuses(err *gateway.Error) error {
	p.refused = append(p.refused, p.now())
	return err
}

// lose lets the answer of the next call of a method get lost. Its effect comes all the same, after a while.
func (p *platform) lose(method string, after time.Duration) {
	p.change(func(p *platform) { p.lost[method] = append(p.lost[method], after) })
}

// answers makes a call's effect and gives its answer, if that is not lost.
func (p *platform) answers(method string, call func() error) error {
	planned := p.lost[method]
	if len(planned) == 0 {
		err := call()
		if err != nil {
			p.refused = append(p.refused, p.now())
		}
		return err
	}
	p.lost[method] = planned[1:]
	if planned[0] == 0 {
		_ = call() // whatever Alipay says to it is lost
	} else {
		p.later(planned[0], func() { p.change(func(*platform) { _ = call() }) })
	}
	return p.refuses(&gateway.Error{Method: method, Meaning: codes.Meaning{Class: codes.ClassUnknown}})
}

// on runs a call on a version, which may be deleted by then.
func (p *platform) on(method string, token alipay.Secret, number string, call func(*gateway.VersionDetail) error) error {
	return p.with(method, token, func() error {
		if p.versions[number] == nil {
			return refusal(codes.ClassQuery, "MINIAPP_VERSION_NOT_EXSIT")
		}
		return call(p.versions[number])
	})
}

// keep keeps a version that was uploaded.
func (p *platform) keep(upload rules.Upload) {
	number := upload.AppVersion
	p.numbers = append(p.numbers, number)
	p.versions[number] = &gateway.VersionDetail{Status: gateway.VersionInit, ScanResult: gateway.ScanPassed}
	p.made[number], p.from[number], p.ext[number] = p.now(), upload.TemplateID, string(upload.Ext)
	if len(p.builds) > 0 {
		p.built[number], p.builds = p.builds[0], p.builds[1:]
	}
	if len(p.scans) > 0 {
		p.versions[number].ScanResult, p.scans = p.scans[0], p.scans[1:]
	}
}

// goOnlineByItself: auto_online.
func (p *platform) goOnlineByItself(version *gateway.VersionDetail) {
	if p.byItself == 0 {
		return
	}
	p.later(p.byItself, func() {
		p.change(func(p *platform) {
			if version.Status == gateway.VersionWaitRelease {
				version.Status = gateway.VersionRelease
				p.effects["online by itself"]++
			}
		})
	})
}

// pipeline counts the versions that are in audit, waiting to go online, or online.
func (p *platform) pipeline() map[gateway.VersionStatus]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	stand := map[gateway.VersionStatus]int{}
	for _, version := range p.versions {
		stand[version.Status]++
	}
	return stand
}

// busiest is the largest number of refused calls in one hour of the story, among its first hours and after.
func (p *platform) busiest(began time.Time) (first, later int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	hours := map[int]int{}
	for _, at := range p.refused {
		hours[int(at.Sub(began)/time.Hour)]++
	}
	for hour, count := range hours {
		if hour == 0 {
			first = count
		} else {
			later = max(later, count)
		}
	}
	return first, later
}
