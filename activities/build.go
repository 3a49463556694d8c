package activities

import (
	"context"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
)

// AwaitBuild asks how the build stands until it has ended, since Alipay sends no message about it.
// It changes nothing at Alipay.
func (a *Alipay) AwaitBuild(ctx context.Context, question VersionQuestion) (BuildAnswer, error) {
	uploadedJustNow := len(question.Scan) > 0 && isFirst(ctx)
	if pause := question.Pacing.Schedule.Delay(1); uploadedJustNow && a.Sleep != nil && pause <= longestPause {
		if err := a.Sleep(ctx, pause); err != nil {
			return BuildAnswer{}, err
		}
	}
	var build gateway.Build
	err := a.withToken(ctx, question.AppID, question.MiniAppID, func(client Gateway, token alipay.Secret) (err error) {
		build, err = client.QueryBuild(ctx, token, question.AppVersion, question.BundleID)
		return err
	})
	switch {
	case fixOf(err) == codes.AutoFixHigherVersion: // POLLING_BUILDING_ERROR says so in place of a status
		return BuildAnswer{State: BuildFailed}, nil
	case err != nil:
		return BuildAnswer{}, paced(ctx, err, "version", question.Pacing)
	case build.Done():
		return BuildAnswer{State: BuildDone, Scan: a.scanSoon(ctx, question)}, nil
	case build.BuildStatus == gateway.BuildTimeout || build.CreateStatus == gateway.BuildTimeout:
		return BuildAnswer{State: BuildTimedOut}, nil
	case build.Failed():
		return BuildAnswer{State: BuildFailed}, nil
	}
	return BuildAnswer{State: BuildRunning},
		waiting("asked how the build stands: "+string(build.BuildStatus), question.Pacing.Schedule.Delay(asked(ctx, question.Pacing.Schedule)))
}

// scanSoon waits for the security scan's result while its pauses are short, and returns nil where
// it takes longer: then that is awaited by itself.
func (a *Alipay) scanSoon(ctx context.Context, question VersionQuestion) *VersionAnswer {
	if len(question.Scan) == 0 || a.Sleep == nil {
		return nil
	}
	for tried, waited := 1, time.Duration(0); ; tried++ {
		pause := question.Scan.Delay(tried)
		if waited += pause; waited > longestScan || a.Sleep(ctx, pause) != nil {
			return nil
		}
		truth, err := a.askVersion(ctx, question)
		if err == nil && scanned(truth) {
			return &truth
		}
	}
}

func scanned(truth VersionAnswer) bool {
	return truth.Scan == string(gateway.ScanPassed) || truth.Scan == string(gateway.ScanFailed)
}

// AwaitScan asks for the security scan's result until there is one: a version may not be submitted
// before, and Alipay sends no message. It changes nothing at Alipay.
func (a *Alipay) AwaitScan(ctx context.Context, question VersionQuestion) (VersionAnswer, error) {
	truth, err := a.askVersion(ctx, question)
	if err != nil {
		return truth, paced(ctx, err, "version", question.Pacing)
	}
	if scanned(truth) {
		return truth, nil
	}
	return truth, waiting("asked for the security scan: running", question.Pacing.Schedule.Delay(asked(ctx, question.Pacing.Schedule)))
}
