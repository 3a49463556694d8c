package remote

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"miniflow/cmd/internal/command"
)

// Flags say where Miniflow's REST API is and who asks. The key is never a flag,
// because everybody on a machine sees command lines.
type Flags struct {
	API        string `name:"api" help:"Miniflow's REST API, ${default} when left out. Its key comes from MINIFLOW_API_KEY, or from a file." default:"http://127.0.0.1:8080" env:"MINIFLOW_API" placeholder:"URL"`
	APIKeyFile string `name:"api-key-file" help:"A file with the API key." type:"path" env:"MINIFLOW_API_KEY_FILE" placeholder:"FILE"`
	Actor      string `help:"Who acts, for the order's timeline; the API key's name when left out." env:"MINIFLOW_ACTOR"`
}

// KeyVariable is the environment variable that holds the API key: unlike a flag it shows in no
// list of processes.
const KeyVariable = "MINIFLOW_API_KEY"

// answerWithin is longer than the longest wait that the API offers, so that the API ends it.
const answerWithin = 75 * time.Second

// Connect returns the API with the caller's key. Nothing is sent yet, so a wrong flag is
// reported before anything has happened.
func (f *Flags) Connect(env *command.Env) (*API, error) {
	api, err := New(Place{
		URL: f.API, What: "Miniflow", Flag: "--api", Within: answerWithin,
		Advice: "is it running, and is --api right?",
	})
	if err != nil {
		return nil, err
	}
	// It is a name for the timeline and proves nothing; who is let in the key alone decides.
	api.actor = f.Actor
	api.language = env.Language
	if api.key, err = f.Key(env); err != nil {
		return nil, err
	}
	return api, nil
}

// Key returns the API key, or nothing where none is set: a standalone asks for none. The variable
// comes before the file, so that one call can be made with another key.
func (f *Flags) Key(env *command.Env) (string, error) {
	key := strings.TrimSpace(env.Getenv(KeyVariable))
	if key == "" && f.APIKeyFile != "" {
		text, err := os.ReadFile(f.APIKeyFile)
		if err != nil {
			return "", command.Usagef("read the API key: %w; name the file with --api-key-file", err)
		}
		key = strings.TrimSpace(string(text))
	}
	// A key with a line break in it would be refused by the HTTP client, with the key in its error.
	if strings.ContainsAny(key, "\r\n") {
		return "", command.Usagef("the API key has more than one line; it is one of the configuration's api_keys, in clear")
	}
	return key, nil
}

// pageLimit is the largest page that the API gives, so that a long list takes few calls.
const pageLimit = 200

// Collect reads page after page of a list until there are enough. member is the list's name in
// the answer; the cursor that is returned is where more begin, for people who ask for the
// next.
func Collect[T any](ctx context.Context, api *API, member string, enough int, address func(limit, cursor string) string) (items []T, cursor string, err error) {
	if enough < 1 {
		return nil, "", command.Usagef("--limit is %d; use 1 or more", enough)
	}
	// Not nil: an empty list is [] in JSON, which a script can count, and not null.
	items = []T{}
	for len(items) < enough {
		var answer map[string]json.RawMessage
		if err := api.Ask(ctx, http.MethodGet, address(strconv.Itoa(min(pageLimit, enough-len(items))), cursor), nil, &answer); err != nil {
			return nil, "", err
		}
		var page []T
		// A page of another program has neither member, and is an error here.
		if err := errors.Join(json.Unmarshal(answer[member], &page), json.Unmarshal(answer["next_cursor"], &cursor)); err != nil {
			return nil, "", command.Usagef("read the answer of Miniflow's API, is --api right? %w", err)
		}
		items = append(items, page...)
		// The API has no more, also where fewer were found than asked for.
		if cursor == "" {
			break
		}
	}
	return items, cursor, nil
}

// Query leaves out parameters without a value: flags that were not given filter nothing. Names
// and values come in turn.
func Query(pairs ...string) string {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	if len(values) == 0 {
		return ""
	}
	return "?" + values.Encode()
}
