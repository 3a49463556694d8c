package alipaysim

import "time"

// limitedLife is how long a release without an ICP filing may stay online.
const limitedLife = 90 * 24 * time.Hour

// step moves a version if its life allows it and reports whether it did; saving
// is the caller's, who may change more.
func (v *versionRecord) step(by step) bool {
	to, _, ok := v.Phase.move(by)
	if ok {
		v.Phase = to
	}
	return ok
}

// beginBuild stores a version that has just been uploaded and plans the end of its
// build.
func (t *tx) beginBuild(version *versionRecord, mini *miniRecord) {
	rule := t.rules().find(mini.OutOrderNo, mini.MiniAppID).Build
	version.UploadedAt, version.BuiltAt = t.Now, t.Now.Add(t.scaled(rule.After))
	t.save(version)
	t.plan(rule.After, version.task(deedBuild, rule.Result))
	t.atMoment(mini, momentBuilding)
}

// buildEnds is the planned end of a build.
func (t *tx) buildEnds(what task) {
	version, mini, ok := t.versionOf(what)
	if !ok {
		return
	}
	ends := map[string]step{"ok": stepBuilt, "fail": stepBuildFail, "timeout": stepBuildOver}
	if !version.step(ends[what.Answer]) {
		return
	}
	version.BuiltAt = t.Now
	t.save(version)
	if version.Phase == Scanning {
		rule := t.rules().find(mini.OutOrderNo, mini.MiniAppID).Scan
		t.plan(rule.After, version.task(deedScan, rule.Result))
		t.atMoment(mini, momentScanning)
	}
}

// scanEnds is the planned end of a security scan. No push tells of it.
func (t *tx) scanEnds(what task) {
	version, _, ok := t.versionOf(what)
	if !ok {
		return
	}
	ends := map[string]step{"pass": stepScanPass, "fail": stepScanFail}
	if version.step(ends[what.Answer]) {
		t.save(version)
	}
}

// goesOnline is the platform releasing a passed version with auto_online. An
// attempt that was taken back meanwhile is left alone.
func (t *tx) goesOnline(what task) {
	version, mini, ok := t.versionOf(what)
	if !ok || version.Attempts != what.Attempt || !version.step(stepAutoOnline) {
		return
	}
	t.release(version, mini)
}

// release puts a version, whose phase has been moved, online: the one before it
// goes offline, and a missing ICP filing makes it a limited release.
func (t *tx) release(version *versionRecord, mini *miniRecord) {
	for _, other := range t.versions(version.MiniAppID, version.BundleID) {
		if other.AppVersion != version.AppVersion && other.step(stepSupersede) {
			other.OfflineAt = t.Now
			t.save(other)
		}
	}
	version.OnlineAt = t.Now
	t.save(version)
	mini.EverOnline, mini.RolledBack = true, false
	mini.LimitedUntil = time.Time{}
	if t.rules().find(mini.OutOrderNo, mini.MiniAppID).Registration == "missing" {
		mini.LimitedUntil = t.Now.Add(t.scaled(Duration(limitedLife)))
	}
	t.save(mini)
	t.atMoment(mini, momentOnline)
}

// task plans a deed on the version, for its present attempt.
func (v *versionRecord) task(what deed, answer string) task {
	return task{Deed: what, MiniAppID: v.MiniAppID, BundleID: v.BundleID, AppVersion: v.AppVersion,
		Attempt: v.Attempts, Answer: answer}
}

// versionOf returns the version a task is about, and its mini program.
func (t *tx) versionOf(what task) (*versionRecord, *miniRecord, bool) {
	version := &versionRecord{MiniAppID: what.MiniAppID, BundleID: what.BundleID, AppVersion: what.AppVersion}
	mini := &miniRecord{MiniAppID: what.MiniAppID}
	return version, mini, t.load(version) && t.load(mini)
}

// versions returns the versions of a mini program for one client, the lowest
// first; an empty bundle means every client.
func (t *tx) versions(miniAppID, bundleID string) []*versionRecord {
	prefix := miniAppID + "/"
	if bundleID != "" {
		prefix = versionPrefix(miniAppID, bundleID)
	}
	return all[versionRecord](t.storeTx, bucketVersions, prefix)
}

// minis returns every mini program, in the order of their ids.
func (t *tx) minis() []*miniRecord { return all[miniRecord](t.storeTx, bucketMinis, "") }
