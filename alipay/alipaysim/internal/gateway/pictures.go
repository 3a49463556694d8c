package gateway

import (
	"bytes"
	"image"
	"image/color"
	_ "image/jpeg" // submissions may be JPEGs
	"path"
	"slices"
	"strings"
)

// The platform's limits of uploaded files, in bytes and pixels.
const (
	maxLogo     = 2 << 20
	maxPicture  = 4 << 20
	maxWidth    = 2160
	maxHeight   = 3840
	maxTestFile = 10 << 20
)

// Parts of audit.apply that are pictures. Forms have no lists, so the platform has a
// name for each place.
var (
	licenceParts = []string{"first_license_pic", "second_license_pic", "third_license_pic", "fourth_license_pic", "fifth_license_pic",
		"first_special_license_pic", "second_special_license_pic", "third_special_license_pic", "out_door_pic"}
	screenshotParts = []string{"first_screen_shot", "second_screen_shot", "third_screen_shot", "fourth_screen_shot", "fifth_screen_shot"}
)

// checkLogo wants a square RGB picture, sent now or before. A CMYK JPEG is refused, as
// on the platform.
func (c *call) checkLogo() string {
	logo, sent := c.request.Files["app_logo"]
	switch {
	case !sent && c.mini.BaseInfo[logoSet] != "":
		return ""
	case !sent || len(logo.Content) == 0:
		return "LOGO_IS_BLANK"
	case !hasExtension(logo.Name, ".png", ".jpg", ".jpeg"):
		return "INVALID_LOGO_EXT"
	case len(logo.Content) > maxLogo:
		return "LOGO_EXCEED_MAX_SIZE"
	}
	config, kind, err := image.DecodeConfig(bytes.NewReader(logo.Content))
	switch {
	case err != nil || (kind != "png" && kind != "jpeg") || config.ColorModel == color.CMYKModel:
		return "INVALID_LOGO"
	case config.Width != config.Height:
		return "LOGO_HEIGHT_NOT_EQUAL_WIDTH"
	}
	return ""
}

// checkPictures wants two to five screenshots or none at all. Licences are checked only
// where there are any.
func (c *call) checkPictures() string {
	for _, part := range licenceParts {
		if code := c.checkPicture(part, "INVALID_FILE_EXT", "FILE_SIZE_EXCEED"); code != "" {
			return code
		}
	}
	shots := 0
	for _, part := range screenshotParts {
		if _, sent := c.request.Files[part]; sent {
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
	file, sent := c.request.Files[part]
	switch {
	case !sent:
		return ""
	case len(file.Content) == 0:
		return "FILE_IS_BLANK"
	case !hasExtension(file.Name, ".png", ".jpg", ".jpeg"):
		return wrongKind
	case len(file.Content) > maxPicture:
		return tooLarge
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(file.Content))
	switch {
	case err != nil:
		return wrongKind
	case config.Width > maxWidth || config.Height > maxHeight:
		return tooLarge
	}
	return ""
}

// checkTestFile looks at the name and size alone: what the archive holds is for a
// reviewer, to try the app with.
func (c *call) checkTestFile() string {
	file, sent := c.request.Files["test_file_name"]
	switch {
	case !sent:
		return ""
	case len(file.Content) == 0:
		return "FILE_IS_BLANK"
	case !hasExtension(file.Name, ".zip", ".rar"):
		return "INVALID_FILE_EXT"
	case len(file.Content) > maxTestFile:
		return "FILE_SIZE_EXCEED"
	}
	return ""
}

func hasExtension(name string, allowed ...string) bool {
	return slices.Contains(allowed, strings.ToLower(path.Ext(name)))
}
