package gateway

import (
	"bytes"
	"context"

	"miniflow/alipay"
	"miniflow/alipay/gateway/rules"
	"miniflow/alipay/internal/wire"
)

// BuildState is how far the build of a version is. Unknown values are kept as they came,
// because Alipay adds some without notice.
type BuildState string

// Values of build_status and create_status, which share them although the latter has one more.
const (
	BuildQueued  BuildState = "0"
	BuildRunning BuildState = "1"
	BuildDone    BuildState = "2"
	BuildFailed  BuildState = "3"
	BuildTimeout BuildState = "5" // a number can't be built twice, so the next one is needed
	BuildCreated BuildState = "6" // create_status only: the version exists
)

// BuildStates returns every known value, so that tests can cover all of them.
func BuildStates() []BuildState {
	return []BuildState{BuildQueued, BuildRunning, BuildDone, BuildFailed, BuildTimeout, BuildCreated}
}

// Build is the progress of a version's build. Alipay reports it in two fields, of which
// either may be ahead.
type Build struct {
	BuildStatus    BuildState
	CreateStatus   BuildState
	NeedRotation   bool // Alipay asks to be queried again
	VersionCreated bool
}

// Done reports whether the version exists; either field proves it, because the other may lag.
func (b Build) Done() bool { return b.VersionCreated || b.CreateStatus == BuildCreated }

// Failed reports whether the build failed or timed out. An existing version can't have
// failed, whatever the older field says.
func (b Build) Failed() bool {
	return !b.Done() && (ended(b.BuildStatus) || ended(b.CreateStatus))
}

func ended(s BuildState) bool { return s == BuildFailed || s == BuildTimeout }

func readBuild(o wire.Object) Build {
	return Build{
		BuildStatus:    BuildState(o.Text("build_status")),
		CreateStatus:   BuildState(o.Text("create_status")),
		NeedRotation:   o.Flag("need_rotation"),
		VersionCreated: o.Flag("version_created"),
	}
}

// UploadVersion requests the build of a version from a template
// (alipay.open.mini.version.upload). Input that CheckUpload refuses is not sent. A version
// number can be used once, so after a lost answer QueryBuild shows whether it was used.
func (c *Client) UploadVersion(ctx context.Context, token alipay.Secret, upload rules.Upload) (Build, error) {
	if err := unfit(alipay.MethodUpload, rules.CheckUpload(upload)); err != nil {
		return Build{}, err
	}
	members := version(upload.AppVersion, upload.BundleID)
	members["template_id"] = upload.TemplateID
	members["template_version"] = upload.TemplateVersion
	if ext := bytes.TrimSpace(upload.Ext); len(ext) > 0 && string(ext) != "null" {
		members["ext"] = string(ext) // JSON inside a text, as Alipay documents it
	}
	return askFor(ctx, c, alipay.MethodUpload, token, members, readBuild)
}

// QueryBuild queries the build of a version (alipay.open.mini.version.build.query). It
// changes nothing, so a lost answer is simply asked for again.
func (c *Client) QueryBuild(ctx context.Context, token alipay.Secret, appVersion, bundleID string) (Build, error) {
	return askFor(ctx, c, alipay.MethodBuildQuery, token, version(appVersion, bundleID), readBuild)
}
