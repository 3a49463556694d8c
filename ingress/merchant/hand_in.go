package merchant

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"miniflow/internal/merchantlink"
	"miniflow/order"
	"miniflow/words"
)

// uploadWithin is how long pictures may take to arrive, so that a phone's uplink is enough.
const uploadWithin = time.Minute

// overhead is what a form adds to its files, in bytes for each.
const overhead = 4 << 10

// handIn takes the pictures of a form. A form that comes when nothing is asked for any more, because
// it was sent twice, leads to the page as it stands now.
func (h *Handler) handIn(w http.ResponseWriter, r *http.Request, of Order, view order.View, language words.Language) {
	if h.foreign(r) {
		h.answer(w, http.StatusForbidden, missing(language))
		return
	}
	task, _ := view.MerchantTask()
	if task != order.TaskHandIn || !h.config.HandsIn {
		toPage(w, r)
		return
	}
	fields := view.Hold.MerchantFiles()
	files, wrong, err := h.readFiles(w, r, fields, language)
	if err != nil {
		w.Header().Set("Connection", "close") // the rest is not read
		h.answer(w, http.StatusBadRequest, pageOf(view, language, true, everywhere(fields, words.New("merchant_page.problem.large").In(language))))
		return
	}
	if len(wrong) == 0 {
		wrong, err = h.config.Orders.HandIn(r.Context(), of, language, files)
	}
	switch {
	case err != nil:
		h.config.Log.WarnContext(r.Context(), "a merchant's pictures could not be taken", "error", err)
		h.later(w, http.StatusServiceUnavailable, language)
	case len(wrong) > 0:
		h.answer(w, http.StatusUnprocessableEntity, pageOf(view, language, true, wrong))
	default:
		toPage(w, r)
	}
}

// toPage leads to the page as it stands now, by an address that is right behind any proxy.
func toPage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Location", strings.TrimPrefix(r.URL.Path, merchantlink.Path))
	w.WriteHeader(http.StatusSeeOther)
}

// foreign reports whether another site has a browser send the form. A browser that says nothing about
// it writes "null" as the origin of a page without a referrer, as ours is: that is no evidence of
// another site, and nothing here rests on cookies, since whoever knows the link may send the form.
func (h *Handler) foreign(r *http.Request) bool {
	if r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "null" {
		return false
	}
	return h.origins.Check(r) != nil
}

// readFiles reads a form part by part: no file is written to disk, and what was not asked for is
// passed over. An error means that it did not arrive whole, or is too large.
func (h *Handler) readFiles(w http.ResponseWriter, r *http.Request, fields []string, language words.Language) (files map[string][]byte, wrong map[string]string, err error) {
	most := int64(len(fields)) * (h.config.FileBytes + overhead)
	if r.ContentLength > most {
		return nil, nil, errors.New("the form is too large")
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadWithin)) // a test's has none
	r.Body = http.MaxBytesReader(w, r.Body, most)
	form, err := r.MultipartReader()
	if err != nil {
		return nil, nil, err
	}
	files, wrong = map[string][]byte{}, map[string]string{}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		if !slices.Contains(fields, part.FormName()) {
			continue
		}
		content, err := io.ReadAll(io.LimitReader(part, h.config.FileBytes+1))
		if err != nil {
			return nil, nil, err
		}
		files[part.FormName()] = content
	}
	for _, field := range fields {
		switch size := int64(len(files[field])); {
		case size == 0:
			wrong[field] = say(language, "merchant_page.problem.missing")
		case size > h.config.FileBytes:
			wrong[field] = say(language, "merchant_page.problem.large")
		}
	}
	return files, wrong, nil
}

func everywhere(fields []string, what string) map[string]string {
	wrong := map[string]string{}
	for _, field := range fields {
		wrong[field] = what
	}
	return wrong
}
