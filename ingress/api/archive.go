package api

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"miniflow/ingress/api/problem"
	"miniflow/internal/archive"
	"miniflow/order"
)

// archived returns an order that Temporal has forgotten, where the archive has it. err is why it was
// not found, which stays the answer for any other order, and for one that was purged.
func (a *API) archived(ctx context.Context, appID, outOrderNo string, err error) (found, error) {
	var refused *problem.Problem
	if a.config.Archive == nil || !errors.As(err, &refused) || !refused.HasKind(problem.OrderUnknown) {
		return found{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	kept, known, failure := a.config.Archive.Find(ctx, appID, outOrderNo)
	switch {
	case failure != nil:
		return found{}, archiveProblem(failure)
	case !known || kept.Purged:
		return found{}, err
	}
	entry, failure := a.config.Archive.Read(ctx, kept)
	if failure != nil {
		return found{}, archiveProblem(failure)
	}
	return ofArchive(entry), nil
}

// ownArchived is nil for an archived order of the caller's merchants; err is why Temporal has none.
func (a *API) ownArchived(ctx context.Context, appID, outOrderNo string, err error) error {
	f, failure := a.archived(ctx, appID, outOrderNo, err)
	switch {
	case failure != nil:
		return failure
	case !callerOf(ctx).merchants.has(f.view.MerchantRef):
		return hidden(ctx, problem.OrderUnknown)
	}
	return nil
}

// ofArchive returns an archived order as it stood, which nothing changes any more.
func ofArchive(entry archive.Entry) found {
	view := entry.Order
	view.Archived, view.Links = true, order.Links{}
	return found{view, standing{execution: view.Execution}}
}

// startedLongAgo answers a start under a number that the archive knows: the same order is returned, any
// other is a conflict, and so is one that was purged, for good. It is nil where the number is free as
// far as the archive goes, which costs one list by name.
func (a *API) startedLongAgo(ctx context.Context, request order.Request) (*orderOutput, error) {
	if a.config.Archive == nil {
		return nil, nil //nolint:nilnil // the number is free
	}
	looking, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	kept, known, err := a.config.Archive.Find(looking, request.AppID, request.OutOrderNo)
	switch {
	case err != nil:
		return nil, archiveProblem(err)
	case !known:
		return nil, nil //nolint:nilnil // the number is free
	case kept.Purged:
		return nil, problem.Of(problem.OrderNumberTaken)
	}
	output, err := a.startedBefore(ctx, request)
	var refused *problem.Problem
	if !errors.As(err, &refused) || !refused.HasKind(problem.OrderUnknown) {
		return output, err // Temporal has it still
	}
	entry, err := a.config.Archive.Read(looking, kept)
	if err != nil {
		return nil, archiveProblem(err)
	}
	asked, err := a.asked(looking, request)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(asked, entry.Asked) {
		return nil, problem.Of(problem.OrderNumberTaken)
	}
	return a.answer(http.StatusOK, ofArchive(entry)), nil
}

// asked returns the digests of what an order was asked for.
func (a *API) asked(ctx context.Context, request order.Request) ([]string, error) {
	content, err := a.content(request)
	if err != nil {
		return nil, err
	}
	return a.config.Archive.Asked(ctx, content)
}

func archiveProblem(err error) *problem.Problem {
	return problem.Of(problem.ArchiveUnwell).After(againSoon).Because(err)
}
