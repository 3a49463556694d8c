package embedded

import (
	"strings"
	"testing"

	"go.temporal.io/server/common/archiver/gcloud"
	"go.temporal.io/server/common/config"
)

// A server of this build that is configured by somebody else to archive to Google's cloud is refused
// when it looks for its archive, and doesn't drop what it should keep.
func TestGooglesCloudStorageIsRefused(t *testing.T) {
	const reason = "without Google's cloud storage"
	elsewhere := &config.GstorageArchiver{}
	_, history := gcloud.NewHistoryArchiver(nil, nil, nil, elsewhere)
	_, visibility := gcloud.NewVisibilityArchiver(nil, nil, elsewhere)
	for what, err := range map[string]error{"histories": history, "visibility": visibility} {
		if err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("archive %s: %v, want a refusal that gives the reason", what, err)
		}
	}
}
