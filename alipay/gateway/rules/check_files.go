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
		if broken := CheckFile(file); broken != nil {
			wrong = append(wrong, *broken)
		}
	}
	if shots == 1 {
		wrong = append(wrong, Error{"second_screen_shot", Required, "send two to five screen shots, or none"})
	}
	return wrong
}

// CheckFile returns what Alipay would refuse in one file, nil for nothing, for callers that have
// not all files of a submission at hand. The licence picture of a creation is one too.
func CheckFile(file File) *Error {
	broken := func(rule Kind, message string, args ...any) *Error {
		return &Error{Field: file.Field, Rule: rule, Message: fmt.Sprintf(message, args...)}
	}
	_, extension := file.Kind()
	limit := sizeLimit(file.Field)
	switch {
	case len(file.Content) == 0:
		return broken(Required, "send a file that is not empty")
	case len(file.Content) > limit:
		return broken(Size, "send a file of at most %d MB", limit>>20)
	case file.Field == "test_file_name":
		if extension != "zip" && extension != "rar" {
			return broken(Format, "send a zip or rar file")
		}
		return nil
	case extension != "png" && extension != "jpg":
		return broken(Format, "send a png or jpg picture")
	}
	picture, _, err := image.DecodeConfig(bytes.NewReader(file.Content))
	if err != nil {
		return broken(Format, "send a whole png or jpg picture: this one can't be opened")
	}
	if rule, message := judgePicture(file.Field, picture); message != "" {
		return broken(rule, "%s", message)
	}
	return nil
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

// judgePicture applies the rules about shape and colours; an empty message means that all
// hold. Alipay answers CMYK with INVALID_LOGO, which a designer can't act on.
func judgePicture(field string, picture image.Config) (Kind, string) {
	short, long := min(picture.Width, picture.Height), max(picture.Width, picture.Height)
	switch {
	case picture.ColorModel == color.CMYKModel:
		return Format, "save the picture in RGB: CMYK is refused"
	case field == "app_logo" && short != long:
		return Format, "make the logo square, best 180×180"
	case field != "app_logo" && (short > maxPixelsShort || long > maxPixelsLong):
		return Size, fmt.Sprintf("scale the picture down to %d×%d", maxPixelsShort, maxPixelsLong)
	default:
		return "", ""
	}
}
