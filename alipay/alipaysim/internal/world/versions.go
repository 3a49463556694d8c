package world

import (
	"time"

	"miniflow/alipay/alipaysim/internal/store"
	"miniflow/alipay/alipaysim/lifecycle"
	"miniflow/alipay/alipaysim/script"
)

// limitedLife is how long a release without an ICP filing may stay online.
const limitedLife = 90 * 24 * time.Hour

// Step moves a version if its life allows it and reports whether it did; saving
// is the caller's, who may change more.
func (v *Version) Step(by lifecycle.Step) bool {
	to, _, ok := v.Phase.Move(by)
	if ok {
		v.Phase = to
	}
	return ok
}

// BeginBuild stores a version that has just been uploaded and plans the end of its
// build. That is written down at once, because build.query answers how far the build
// is.
func (t *Tx) BeginBuild(version *Version, mini *Mini) {
	rule := t.Rules().Find(mini.OutOrderNo, mini.MiniAppID).Build
	version.UploadedAt, version.BuiltAt = t.Now, t.Now.Add(t.scaled(rule.After))
	t.Save(version)
	t.plan(rule.After, version.task(deedBuild, rule.Result))
	t.atMoment(mini, lifecycle.MomentBuilding)
}

// BeginPackaging makes a version one that people can try out once it is packaged, which takes as long as
// a build.
func (t *Tx) BeginPackaging(version *Version, mini *Mini) {
	version.PackagedAt = t.Now.Add(t.scaled(t.Rules().Find(mini.OutOrderNo, mini.MiniAppID).Build.After))
	t.Save(version)
}

// buildEnds is the planned end of a build. What was built goes on into the security
// scan.
func (t *Tx) buildEnds(what Task) {
	version, mini, ok := t.versionOf(what)
	if !ok {
		return
	}
	ends := map[string]lifecycle.Step{"ok": lifecycle.StepBuilt, "fail": lifecycle.StepBuildFail, "timeout": lifecycle.StepBuildOver}
	if !version.Step(ends[what.Answer]) {
		return
	}
	version.BuiltAt = t.Now
	t.Save(version)
	if version.Phase == lifecycle.Scanning {
		rule := t.Rules().Find(mini.OutOrderNo, mini.MiniAppID).Scan
		t.plan(rule.After, version.task(deedScan, rule.Result))
		t.atMoment(mini, lifecycle.MomentScanning)
	}
}

// scanEnds is the planned end of a security scan. No push follows.
func (t *Tx) scanEnds(what Task) {
	version, _, ok := t.versionOf(what)
	if !ok {
		return
	}
	ends := map[string]lifecycle.Step{"pass": lifecycle.StepScanPass, "fail": lifecycle.StepScanFail}
	if version.Step(ends[what.Answer]) {
		t.Save(version)
	}
}

// goesOnline is the platform releasing a passed version with auto_online. An
// attempt that was taken back meanwhile is left alone.
func (t *Tx) goesOnline(what Task) {
	version, mini, ok := t.versionOf(what)
	if !ok || version.Attempts != what.Attempt || !version.Step(lifecycle.StepAutoOnline) {
		return
	}
	t.Release(version, mini)
}

// Release puts a version, whose phase has been moved, online: the one before it
// goes offline, and a missing ICP filing makes it a limited release.
func (t *Tx) Release(version *Version, mini *Mini) {
	for _, other := range t.Versions(version.MiniAppID, version.BundleID) {
		if other.AppVersion != version.AppVersion && other.Step(lifecycle.StepSupersede) {
			other.OfflineAt = t.Now
			t.Save(other)
		}
	}
	version.OnlineAt = t.Now
	t.Save(version)
	mini.EverOnline, mini.RolledBack = true, false
	mini.LimitedUntil = time.Time{}
	if !t.FilingOf(mini).Done {
		mini.LimitedUntil = t.Now.Add(t.scaled(script.Duration(limitedLife)))
	}
	t.Save(mini)
	t.atMoment(mini, lifecycle.MomentOnline)
}

// task plans a deed on the version. It notes the attempt, so that a deed of an earlier
// one is known to be stale.
func (v *Version) task(what deed, answer string) Task {
	return Task{Deed: what, MiniAppID: v.MiniAppID, BundleID: v.BundleID, AppVersion: v.AppVersion,
		Attempt: v.Attempts, Answer: answer}
}

// versionOf returns the version a task is about, and its mini program. A version may
// have been deleted since the task was planned.
func (t *Tx) versionOf(what Task) (*Version, *Mini, bool) {
	version := &Version{MiniAppID: what.MiniAppID, BundleID: what.BundleID, AppVersion: what.AppVersion}
	mini := &Mini{MiniAppID: what.MiniAppID}
	return version, mini, t.Load(version) && t.Load(mini)
}

// Versions returns the versions of a mini program for one client, the lowest
// first; an empty bundle means every client.
func (t *Tx) Versions(miniAppID, bundleID string) []*Version {
	prefix := miniAppID + "/"
	if bundleID != "" {
		prefix = versionPrefix(miniAppID, bundleID)
	}
	return store.All[Version](t.Tx, bucketVersions, prefix)
}

// Minis returns every mini program, in the order of their ids, those added by hand too.
func (t *Tx) Minis() []*Mini { return store.All[Mini](t.Tx, bucketMinis, "") }
