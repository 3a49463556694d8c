package remote

import (
	"net/url"
	"strings"
)

// PathOf returns where the API has what the command line names: APP_ID/ID, or the id alone where
// --app-id says of which app. An app in front wins over --app-id, which may come from the environment. An
// id with a slash in it can't be distinguished from an app and an id, so it names nothing.
func PathOf(collection, name, appID string) (path string, named bool) {
	before, id, both := strings.Cut(name, "/")
	if !both {
		before, id = appID, name
	}
	if before == "" || id == "" || strings.Contains(id, "/") {
		return "", false
	}
	return collection + "/" + url.PathEscape(before) + "/" + url.PathEscape(id), true
}
