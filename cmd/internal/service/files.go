package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"

	"miniflow/activities"
	"miniflow/internal/archive"
	"miniflow/internal/config"
	"miniflow/internal/fetch"
	"miniflow/internal/files"
	"miniflow/internal/seal"
	"miniflow/order"
	"miniflow/rollout"
	"miniflow/temporalio"
)

// newFileStore opens the store for files that are handed in; nil where none is configured.
func newFileStore(cfg *config.Config, ring *seal.Ring) (*files.Store, error) {
	backend, err := openStore(cfg, "files.store", cfg.Files.Store)
	if backend == nil || err != nil {
		return nil, err
	}
	return files.New(backend, ring, now), nil
}

// newArchive opens the archive of ended orders; nil where none is configured.
func newArchive(cfg *config.Config, ring *seal.Ring) (*archive.Store, error) {
	backend, err := openStore(cfg, "archive", cfg.Archive)
	if backend == nil || err != nil {
		return nil, err
	}
	return archive.New(backend, ring, now), nil
}

// openStore opens a place for files; nil where none is configured.
func openStore(cfg *config.Config, field string, store config.FileStore) (files.Backend, error) {
	switch {
	case store.Folder != "":
		folder, err := files.OpenFolder(store.Folder)
		if err != nil {
			return nil, fmt.Errorf("%s: %s.folder: %w", cfg.Where(field+".folder"), field, err)
		}
		return folder, nil
	case store.S3.Endpoint != "":
		bucket, err := files.NewBucket(files.BucketOptions{
			Endpoint: store.S3.Endpoint, Bucket: store.S3.Bucket, Region: store.S3.Region, Prefix: store.S3.Prefix,
			AccessKey: store.S3.AccessKey, SecretKey: store.S3.SecretKey.Reveal(),
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %s.s3: %w", cfg.Where(field+".s3"), field, err)
		}
		return bucket, nil
	}
	return nil, nil //nolint:nilnil // most installations have none, and a nil one is asked for nothing
}

// filesOfOrders gets files as the activities see it. They know one difference: a file that will not
// be better the next time needs a person.
type filesOfOrders struct {
	fetcher *fetch.Fetcher
	store   *files.Store
}

// Fetch joins ErrFileUnusable to an error that trying again won't mend, such as another hash,
// so that the order asks for a person at once.
func (f filesOfOrders) Fetch(ctx context.Context, appID string, ref order.FileRef) ([]byte, error) {
	if ref.URL == "" {
		return f.kept(ctx, appID, strings.ToLower(ref.SHA256))
	}
	file, err := f.fetcher.Fetch(ctx, ref.URL, ref.SHA256)
	if err != nil && !fetch.Retryable(err) {
		return nil, errors.Join(activities.ErrFileUnusable, err)
	}
	return file.Bytes, err
}

func (f filesOfOrders) kept(ctx context.Context, appID, sum string) ([]byte, error) {
	if f.store == nil {
		return nil, errors.New("the file was handed in, and this worker has no files.store; configure the one that the API has")
	}
	content, err := f.store.Open(ctx, appID, sum)
	if errors.Is(err, files.ErrNone) || errors.Is(err, files.ErrUnopened) {
		return nil, errors.Join(activities.ErrFileUnusable, err)
	}
	return content, err
}

// pictures copies reviewers' pictures into files.store, where there is one.
func (s *Service) pictures() *activities.Pictures {
	pictures := &activities.Pictures{
		Fetch: s.fetcher.Picture, Unusable: func(err error) bool { return !fetch.Retryable(err) },
	}
	if s.files != nil {
		pictures.Keep = s.files.Show
	}
	return pictures
}

// registerKeeping registers what keeps: copies of pictures, and what is sealed anew.
func (s *Service) registerKeeping(registry activities.Registry) {
	s.pictures().Register(registry)
	(&activities.Resealing{Ring: s.ring}).Register(registry)
}

// fileSweepAgain is how often a process looks for files that no order needs any more. Each process
// with the role worker does, because it costs a list and harms nobody.
const fileSweepAgain = time.Hour

// keepSweepingFiles deletes files whose orders have ended.
func (s *Service) keepSweepingFiles(ctx context.Context) {
	if s.files == nil {
		return
	}
	ticker := time.NewTicker(fileSweepAgain)
	defer ticker.Stop()
	for {
		deleted, err := s.files.Sweep(ctx, s.fateOf)
		if err != nil && ctx.Err() == nil {
			s.options.Log.Warn("files that were handed in could not all be looked at; they are kept, and looked at again in an hour", slog.Any("error", err))
		}
		if deleted > 0 {
			s.options.Log.Info("files were deleted that no order needs any more", slog.Int("files", deleted))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// describeWithin bounds one question about an order.
const describeWithin = 10 * time.Second

// fateOf says what has become of an order, or of a rollout that has named a file. One whose workflow was terminated, or has failed, can
// begin again with its files, so it needs them until Temporal has forgotten it.
func (s *Service) fateOf(ctx context.Context, appID, outOrderNo string) (files.Fate, error) {
	ctx, cancel := context.WithTimeout(ctx, describeWithin)
	defer cancel()
	workflowID := order.WorkflowID(appID, outOrderNo)
	if id, is := rollout.NamedFiles(outOrderNo); is {
		workflowID = rollout.WorkflowID(appID, id)
	}
	described, err := s.options.Temporal.DescribeWorkflowExecution(ctx, workflowID, "")
	switch {
	case temporalio.NotFound(err):
		return files.FateForgotten, nil
	case err != nil:
		return files.FateRuns, fmt.Errorf("ask whether an order has ended: %w", err)
	case described.GetWorkflowExecutionInfo().GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return files.FateEnded, nil
	}
	return files.FateRuns, nil
}
