package telling

import (
	"context"
	"encoding/json"
	"fmt"

	"miniflow/activities/backend"
	"miniflow/words"
)

// Send posts a message once.
func Send(ctx context.Context, poster backend.Poster, target Target, id string, message any) (backend.Answer, error) {
	body, err := json.Marshal(words.Rendered(target.Language, message))
	if err != nil {
		return backend.Answer{}, fmt.Errorf("write the event: %w", err)
	}
	request, err := poster.Signed(ctx, target.URL, id, body, target.Signers)
	if err != nil {
		return backend.Answer{}, err
	}
	return poster.Post(request), nil
}
