package main

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
)

// apiFlags say where Miniflow's REST API is and who asks. The key is never a
// flag: command lines are seen by everybody on a machine.
type apiFlags struct {
	API        string `name:"api" help:"Miniflow's REST API. Its key comes from MINIFLOW_API_KEY, or from a file." default:"http://127.0.0.1:8080" env:"MINIFLOW_API" placeholder:"URL"`
	APIKeyFile string `name:"api-key-file" help:"A file with the API key." type:"path" env:"MINIFLOW_API_KEY_FILE" placeholder:"FILE"`
	Actor      string `help:"Who acts, for the order's timeline; the API key's name when left out." env:"MINIFLOW_ACTOR"`
}

// apiKeyVariable holds the API key.
const apiKeyVariable = "MINIFLOW_API_KEY" //nolint:gosec // the name of a variable

// apiPatience is longer than the longest wait that the API offers.
const apiPatience = 75 * time.Second

func (f *apiFlags) remote(out *surroundings) (*remote, error) {
	api, err := newRemote(f.API, "Miniflow", "--api", apiPatience)
	if err != nil {
		return nil, err
	}
	api.actor = f.Actor
	api.key = strings.TrimSpace(out.getenv(apiKeyVariable))
	if api.key == "" && f.APIKeyFile != "" {
		text, err := os.ReadFile(f.APIKeyFile)
		if err != nil {
			return nil, usagef("read the API key: %w; name the file with --api-key-file", err)
		}
		api.key = strings.TrimSpace(string(text))
	}
	if strings.ContainsAny(api.key, "\r\n") {
		return nil, usagef("the API key has more than one line; it is one of the configuration's api_keys, in clear")
	}
	return api, nil
}

// pageLimit is the largest page of the API.
const pageLimit = 200

// collect reads page after page of a list until there are enough. member is the
// list's name in the answer; the cursor that is returned is where more begin.
func collect[T any](ctx context.Context, api *remote, member string, enough int, address func(limit, cursor string) string) (items []T, cursor string, err error) {
	if enough < 1 {
		return nil, "", usagef("--limit is %d; use 1 or more", enough)
	}
	items = []T{}
	for len(items) < enough {
		var answer map[string]json.RawMessage
		if err := api.ask(ctx, http.MethodGet, address(strconv.Itoa(min(pageLimit, enough-len(items))), cursor), nil, &answer); err != nil {
			return nil, "", err
		}
		var page []T
		if err := errors.Join(json.Unmarshal(answer[member], &page), json.Unmarshal(answer["next_cursor"], &cursor)); err != nil {
			return nil, "", usagef("read the answer of Miniflow's API, is --api right? %w", err)
		}
		items = append(items, page...)
		if cursor == "" {
			break
		}
	}
	return items, cursor, nil
}

// query writes what was given of some parameters.
func query(pairs ...string) string {
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
