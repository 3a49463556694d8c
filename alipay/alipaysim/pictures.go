package alipaysim

import (
	"bytes"
	"image"
	"image/color"
	_ "image/jpeg" // submissions may be JPEGs
	"image/png"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"
)

// Limits of uploaded files.
const (
	maxLogo     = 2 << 20
	maxPicture  = 4 << 20
	maxWidth    = 2160
	maxHeight   = 3840
	maxTestFile = 10 << 20
)

// Parts of audit.apply that are pictures.
var (
	licenceParts = []string{"first_license_pic", "second_license_pic", "third_license_pic", "fourth_license_pic", "fifth_license_pic",
		"first_special_license_pic", "second_special_license_pic", "third_special_license_pic", "out_door_pic"}
	screenshotParts = []string{"first_screen_shot", "second_screen_shot", "third_screen_shot", "fourth_screen_shot", "fifth_screen_shot"}
)

// checkLogo wants a square RGB picture, now or from before.
func (c *call) checkLogo() string {
	logo, sent := c.request.files["app_logo"]
	switch {
	case !sent && c.mini.BaseInfo[logoSet] != "":
		return ""
	case !sent || len(logo.content) == 0:
		return "LOGO_IS_BLANK"
	case !hasExtension(logo.name, ".png", ".jpg", ".jpeg"):
		return "INVALID_LOGO_EXT"
	case len(logo.content) > maxLogo:
		return "LOGO_EXCEED_MAX_SIZE"
	}
	config, kind, err := image.DecodeConfig(bytes.NewReader(logo.content))
	switch {
	case err != nil || (kind != "png" && kind != "jpeg") || config.ColorModel == color.CMYKModel:
		return "INVALID_LOGO"
	case config.Width != config.Height:
		return "LOGO_HEIGHT_NOT_EQUAL_WIDTH"
	}
	return ""
}

// checkPictures checks licences and screenshots; of the latter two to five, if
// any.
func (c *call) checkPictures() string {
	for _, part := range licenceParts {
		if code := c.checkPicture(part, "INVALID_FILE_EXT", "FILE_SIZE_EXCEED"); code != "" {
			return code
		}
	}
	shots := 0
	for _, part := range screenshotParts {
		if _, sent := c.request.files[part]; sent {
			shots++
		}
		if code := c.checkPicture(part, "INVALID_SCREEN_SHOT_EXT", "SCREEN_SHOT_EXCEED_MAX_SIZE"); code != "" {
			return code
		}
	}
	if shots == 1 {
		return "SCREEN_SHOT_NUM_IS_INVALID"
	}
	return ""
}

func (c *call) checkPicture(part, wrongKind, tooLarge string) string {
	file, sent := c.request.files[part]
	switch {
	case !sent:
		return ""
	case len(file.content) == 0:
		return "FILE_IS_BLANK"
	case !hasExtension(file.name, ".png", ".jpg", ".jpeg"):
		return wrongKind
	case len(file.content) > maxPicture:
		return tooLarge
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(file.content))
	switch {
	case err != nil:
		return wrongKind
	case config.Width > maxWidth || config.Height > maxHeight:
		return tooLarge
	}
	return ""
}

// checkTestFile checks the archive with what a reviewer needs to try the app.
func (c *call) checkTestFile() string {
	file, sent := c.request.files["test_file_name"]
	switch {
	case !sent:
		return ""
	case len(file.content) == 0:
		return "FILE_IS_BLANK"
	case !hasExtension(file.name, ".zip", ".rar"):
		return "INVALID_FILE_EXT"
	case len(file.content) > maxTestFile:
		return "FILE_SIZE_EXCEED"
	}
	return ""
}

func hasExtension(name string, allowed ...string) bool {
	return slices.Contains(allowed, strings.ToLower(path.Ext(name)))
}

// samplePictures are what /sim/v1/files serves, so that a demonstration needs no
// file from elsewhere: width and height. Read only.
var samplePictures = map[string][2]int{
	"logo.png":       {180, 180},
	"licence.png":    {900, 640},
	"outdoor.png":    {900, 640},
	"screenshot.png": {750, 1334},
	"reject.png":     {750, 1334},
}

// serveFile is GET /sim/v1/files/{name}.
func (s *Simulator) serveFile(w http.ResponseWriter, r *http.Request) {
	size, known := samplePictures[chi.URLParam(r, "name")]
	if !known {
		writeProblem(w, http.StatusNotFound, "there is no such sample file; use logo.png, licence.png, outdoor.png, screenshot.png or reject.png")
		return
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, drawSample(size[0], size[1])); err != nil {
		s.broken(w, err)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Content-Length", strconv.Itoa(picture.Len()))
	_, _ = w.Write(picture.Bytes()) // a client that left gets nothing more
}

// drawSample draws a blue disc on a pale ground: a picture, not one colour, so
// that no reviewer takes it for the default logo. The same size is always the
// same bytes.
func drawSample(width, height int) image.Image {
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	radius := min(width, height) / 3
	for y := range height {
		for x := range width {
			dot := color.NRGBA{R: 0xE8, G: 0xF1, B: 0xFF, A: 0xFF}
			if dx, dy := x-width/2, y-height/2; dx*dx+dy*dy <= radius*radius {
				dot = color.NRGBA{R: 0x16, G: 0x77, B: 0xFF, A: 0xFF}
			}
			picture.SetNRGBA(x, y, dot)
		}
	}
	return picture
}
