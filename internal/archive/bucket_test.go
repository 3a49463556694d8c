package archive_test

import (
	"net/http/httptest"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// openS3 starts a server that speaks S3, with one bucket.
func openS3(t *testing.T) string {
	t.Helper()
	memory := s3mem.New()
	if err := memory.CreateBucket("ended"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(memory).Server())
	t.Cleanup(server.Close)
	return server.URL
}

// TestInABucket: an archive is the same in a bucket as in a folder.
func TestInABucket(t *testing.T) {
	for name, test := range map[string]func(*testing.T){
		"is read again": TestArchivedOrderIsReadAgain, "last run": TestLastRunCounts, "purged": TestPurgedNumberIsKnownForGood,
		"altered": TestWhatWasAlteredOrMovedDoesNotOpen, "two begin": TestTwoBeginTheArchiveAtOnce, "resealed": TestAResealedArchiveNeedsNoOldKey,
	} {
		t.Run(name, test)
	}
}
