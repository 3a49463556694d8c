package activities

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/sdk/activity"
)

// Pictures holds the activity that copies what reviewers have attached to a rejection.
type Pictures struct {
	// Fetch fetches a picture, and Unusable says of its error that no other try would mend it.
	Fetch    func(ctx context.Context, url string) ([]byte, error)
	Unusable func(error) bool
	// Keep keeps a picture of an order and returns its SHA-256; nil where there is no place for
	// files, and nothing is copied.
	Keep func(ctx context.Context, appID, outOrderNo string, picture []byte) (string, error)
}

// pictureTries is how often pictures that can't be had are asked for: some twenty minutes.
const pictureTries = 12

// CopyPictures copies pictures and returns the copies' hashes. What can't be copied for good has
// none; what may be later is tried again, for a while.
//
// Repeating it is harmless: a copy is kept under its own hash.
func (p *Pictures) CopyPictures(ctx context.Context, call PicturesCall) (PicturesCopied, error) {
	if p.Keep == nil {
		return PicturesCopied{}, nil
	}
	copied := PicturesCopied{Copies: make([]string, len(call.URLs))}
	var later error
	for i, url := range call.URLs {
		picture, err := p.Fetch(ctx, url)
		switch {
		case ctx.Err() != nil:
			return PicturesCopied{}, ctx.Err()
		case err != nil && p.Unusable(err):
			continue
		case err == nil:
			copied.Copies[i], err = p.Keep(ctx, call.AppID, call.OutOrderNo, picture)
		}
		if err != nil {
			later = errors.Join(later, fmt.Errorf("copy a reviewer's picture: %w", err))
		}
	}
	if later != nil && activity.GetInfo(ctx).Attempt < pictureTries {
		return PicturesCopied{}, later
	}
	return copied, nil
}

// PicturesCall names the pictures of a rejection, which Alipay serves for some time only.
type PicturesCall struct {
	AppID      string   `json:"app_id"`
	OutOrderNo string   `json:"out_order_no"`
	URLs       []string `json:"urls"`
}

// PicturesCopied has the SHA-256 of the copy of each picture, in the order of the call, empty where
// there is none.
type PicturesCopied struct {
	Copies []string `json:"copies,omitempty"`
}
