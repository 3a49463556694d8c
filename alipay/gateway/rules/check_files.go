package rules

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // the two kinds of picture that Alipay accepts
	_ "image/png"
	"strings"
)

// Alipay's limits for the pixels of a picture.
const (
	maxPixelsShort = 2160
	maxPixelsLong  = 3840
)

// CheckFiles returns what Alipay would refuse in the files of a submission (ApplyAudit):
// kind, size, the logo's shape and colours, the number of screen shots. Only the headers of
// pictures are read, because decoding a hostile one could take gigabytes.
func CheckFiles(files []File) []Error {
	var wrong []Error
	shots := 0
	for _, file := range files {
		if strings.HasSuffix(file.Field, "_screen_shot") {
			shots++
		}
		wrong = append(wrong, CheckFile(file)...)
	}
	if shots == 1 {
		wrong = append(wrong, Error{"second_screen_shot", Required, "send two to five screen shots, or none"})
	}
	return wrong
}

// CheckFile returns everything that Alipay would refuse in one file, for callers that have not all
// files of a submission at hand. The licence picture of a creation is one too.
func CheckFile(file File) []Error {
	if len(file.Content) == 0 {
		return []Error{{file.Field, Required, "send a file that is not empty"}}
	}
	var wrong []Error
	broken := func(rule Kind, message string, args ...any) {
		wrong = append(wrong, Error{Field: file.Field, Rule: rule, Message: fmt.Sprintf(message, args...)})
	}
	if limit := sizeLimit(file.Field); len(file.Content) > limit {
		broken(Size, "send a file of at most %d MB", limit>>20)
	}
	_, extension := file.Kind()
	archive := extension == "zip" || extension == "rar"
	switch {
	case file.Field == "test_file_name" && !archive:
		broken(Format, "send a zip or rar file")
	case file.Field == "test_file_name":
	case extension != "png" && extension != "jpg":
		broken(Format, "send a png or jpg picture")
	default:
		picture, _, err := image.DecodeConfig(bytes.NewReader(file.Content))
		if err != nil {
			broken(Format, "send a whole png or jpg picture: this one can't be opened")
			break
		}
		if judgePicture(file.Field, picture, broken); len(wrong) == 0 && !whole(extension, file.Content) {
			broken(Format, "send a whole png or jpg picture: this one is cut off")
		}
	}
	return wrong
}

// PictureSize returns the width and height of a picture in pixels; nothing for what is none.
func (f File) PictureSize() (width, height int) {
	picture, _, err := image.DecodeConfig(bytes.NewReader(f.Content))
	if err != nil {
		return 0, 0
	}
	return picture.Width, picture.Height
}

// sizeLimit is that of a picture where Alipay's page lists no such file.
func sizeLimit(field string) int {
	if field == "license_pic" {
		return maxLicensePic
	}
	for _, file := range submissionFiles {
		if file.Name == field {
			return file.MaxBytes
		}
	}
	return maxPicture
}

// judgePicture applies the rules about shape and colours. Alipay answers CMYK with INVALID_LOGO,
// which a designer can't act on.
func judgePicture(field string, picture image.Config, broken func(rule Kind, message string, args ...any)) {
	short, long := min(picture.Width, picture.Height), max(picture.Width, picture.Height)
	if picture.ColorModel == color.CMYKModel {
		broken(Format, "save the picture in RGB: CMYK is refused")
	}
	switch {
	case field == "app_logo" && short != long:
		broken(Format, "make the logo square, best 180×180")
	case field != "app_logo" && (short > maxPixelsShort || long > maxPixelsLong):
		broken(Size, "scale the picture down to %d×%d", maxPixelsShort, maxPixelsLong)
	}
}
