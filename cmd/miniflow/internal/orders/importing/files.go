package importing

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"miniflow/cmd/internal/remote"
)

// handIn hands in the files that a row names by their hash alone. One that is there already is not
// kept twice, so a try too many does no harm.
func (r *run) handIn(ctx context.Context, o Item) error {
	if len(o.Files) == 0 {
		return nil
	}
	var body struct {
		AppID string `json:"app_id"`
	}
	if err := json.Unmarshal(o.Body, &body); err != nil {
		return fmt.Errorf("read the app of row %d: %w", o.Row, err)
	}
	for _, file := range o.Files {
		content, err := file.Read()
		if err != nil {
			return fmt.Errorf("read the file of %s: %w", file.Field, err)
		}
		query := url.Values{"app_id": {body.AppID}, "field": {file.Field}}
		if _, _, err := r.api.Exchange(ctx, http.MethodPost, "/v1/files?"+query.Encode(), remote.Bytes(content)); err != nil {
			return err
		}
	}
	return nil
}
