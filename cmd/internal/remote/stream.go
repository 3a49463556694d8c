package remote

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"miniflow/cmd/internal/command"
)

// quietFor is longer than any stream of the API's is silent; one that is has been cut without a
// word.
const quietFor = time.Minute

// maxEvent is the longest line of a stream, in bytes.
const maxEvent = 1 << 20

// Stream reads a stream of events (text/event-stream) and calls each with the data of every event,
// and with nothing for each sign of life, until the stream ends, each fails, or nothing comes any
// more.
func (r *API) Stream(ctx context.Context, path string, each func(data []byte) error) error {
	ctx, cut := context.WithCancel(ctx)
	defer cut()
	request, err := r.request(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "text/event-stream")
	client := *r.client
	client.Timeout = 0 // of a whole answer; this one goes on
	silence := time.AfterFunc(quietFor, cut)
	defer silence.Stop()
	answer, err := client.Do(request)
	if err != nil {
		return command.Usagef("reach %s: %w; %s", r.what, err, r.advice)
	}
	defer func() { _ = answer.Body.Close() }() // it may go on for ever
	if answer.StatusCode >= http.StatusMultipleChoices {
		text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
		if err != nil {
			return command.Usagef("read the answer of %s: %w", r.what, err)
		}
		return r.problem(answer, text)
	}
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, maxEvent)
	for lines.Scan() {
		silence.Reset(quietFor)
		data, isData := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		if !isData && !bytes.HasPrefix(lines.Bytes(), []byte(":")) {
			continue
		}
		if !isData {
			data = nil
		}
		if err := each(data); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return command.Usagef("read the stream of %s: %w", r.what, err)
	}
	return nil
}
