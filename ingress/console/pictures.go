package console

import (
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"miniflow/order"
)

// reviewersPicture shows what a reviewer means: where it is at Alipay, for as long as that lasts, and
// the SHA-256 of its copy, empty where there is none.
type reviewersPicture struct{ At, Copy string }

func picturesOf(reason order.Reason) []reviewersPicture {
	pictures := make([]reviewersPicture, len(reason.Images))
	for i, at := range reason.Images {
		pictures[i].At = at
		if i < len(reason.Copies) {
			pictures[i].Copy = reason.Copies[i]
		}
	}
	return pictures
}

// pictureHeaders are those of a picture that the REST API has answered with: it keeps somebody else's
// bytes from being anything but a picture.
var pictureHeaders = []string{"Content-Type", "Content-Security-Policy", "Content-Disposition", "X-Content-Type-Options", "Cache-Control"}

// picture passes a picture on.
func (c *Console) picture(w http.ResponseWriter, r *http.Request) {
	path := "/v1/files/" + url.PathEscape(chi.URLParam(r, "app")) + "/" + url.PathEscape(chi.URLParam(r, "sum"))
	answer, err := c.exchange(r, question{method: http.MethodGet, path: path})
	if err != nil {
		c.fail(w, r, err)
		return
	}
	for _, name := range pictureHeaders {
		if value := answer.header.Get(name); value != "" {
			w.Header().Set(name, value)
		}
	}
	_, _ = answer.body.WriteTo(w) // a browser that has gone reads nothing
}
