package activities

import (
	"context"
	"errors"
	"slices"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/alipay/gateway/rules"
	"miniflow/order"
	"miniflow/words"
)

// Alipay keeps at most twenty versions in development. What makes room is a version that Miniflow
// uploaded and nobody works on any more: the merchant's own stay where they are.

// uploadIntoRoom deletes the oldest version in development that is spare and that Alipay lets go, and
// uploads again. When none goes, a person makes room. A deletion whose result is not known ends the
// try: another version may not be deleted in its place.
func (a *Alipay) uploadIntoRoom(ctx context.Context, client Gateway, token alipay.Secret, call UploadCall, upload rules.Upload, refused error) error {
	records, err := a.Numbers.Reserved(ctx, call.AppID, call.MiniAppID)
	if err != nil {
		return err
	}
	versions, err := client.ListVersions(ctx, token, upload.BundleID, gateway.VersionInit)
	if err != nil {
		return err
	}
	for _, version := range slices.Backward(versions) { // the newest comes first
		if !isSpare(version, records, call.OutOrderNo, upload) {
			continue
		}
		err := deleteVersion(ctx, client, token, version.AppVersion, upload.BundleID)
		switch gateway.ClassOf(err) {
		case "":
			_, err = client.UploadVersion(ctx, token, upload)
			return err
		case codes.ClassUnknown, codes.ClassRetry, codes.ClassAuthorization:
			return err
		case codes.ClassWait, codes.ClassQuery, codes.ClassFix, codes.ClassPermanent:
		}
	}
	return noRoom(refused)
}

// isSpare reports whether a version in development is a build of Miniflow's own that no order needs: an
// earlier one of this order, or of one that has ended. One that is older than its record is somebody
// else's under the same number.
func isSpare(version gateway.VersionInfo, records []order.VersionReservation, outOrderNo string, upload rules.Upload) bool {
	owner := ownerOf(version, records, upload.BundleID)
	return version.Status == gateway.VersionInit && version.AppVersion != upload.AppVersion && owner != nil && isOver(*owner, outOrderNo)
}

// noRoom asks a person to make room, since whose the versions are only the console says.
func noRoom(refused error) error {
	var said *gateway.Error
	if !errors.As(refused, &said) {
		return refused
	}
	failure := failureOf(said, FailurePermanent, "version")
	failure.Fields, failure.Message = nil, words.New("failure.no_room")
	return failed(failure)
}

// deleteVersion deletes a version in development. One that people could try out is taken from them
// first, since Alipay deletes none such.
func deleteVersion(ctx context.Context, client Gateway, token alipay.Secret, number, bundle string) error {
	err := client.DeleteVersion(ctx, token, number, bundle)
	if !isRefusedWith(err, "CAN_NOT_DELETE_WITH_EXPERIENCE") {
		return err
	}
	if err := client.CancelExperience(ctx, token, number, bundle); err != nil && !isQuery(err) {
		return err
	}
	return client.DeleteVersion(ctx, token, number, bundle)
}
