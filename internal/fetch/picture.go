package fetch

import (
	"context"
	"fmt"
)

// MaxPictureBytes is the largest picture of somebody else's that is copied: a screenshot with a mark
// on it has a tenth of that.
const MaxPictureBytes = 4 << 20

// Picture fetches a picture of which nobody has said what it is, such as one that a reviewer has
// attached to a rejection, under the same guard as [Fetcher.Fetch]. What its bytes say is neither PNG
// nor JPEG is an [ErrUnsupportedType].
func (f *Fetcher) Picture(ctx context.Context, rawURL string) ([]byte, error) {
	parsed, err := readURL(rawURL)
	if err != nil {
		return nil, err
	}
	bytes, err := f.get(ctx, parsed, min(f.maxBytes, MaxPictureBytes))
	if err != nil {
		return nil, err
	}
	if PictureType(bytes) == "" {
		return nil, fmt.Errorf("%w: %s serves neither a PNG nor a JPEG picture", ErrUnsupportedType, parsed.Host)
	}
	return bytes, nil
}

// PictureType returns the content type of a picture by its bytes, "image/png" or "image/jpeg", and
// nothing for what is neither.
func PictureType(bytes []byte) string {
	switch contentType := typeOf(bytes); contentType {
	case "image/png", "image/jpeg":
		return contentType
	}
	return ""
}
