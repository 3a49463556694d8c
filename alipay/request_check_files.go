package alipay

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // the two kinds of picture Alipay takes
	_ "image/png"
	"strings"
)

// What Alipay takes of each file of a submission.
const (
	maxLogo        = 2 << 20
	maxPicture     = 4 << 20
	maxTestFile    = 10 << 20
	maxPixelsShort = 2160
	maxPixelsLong  = 3840
)

// CheckFiles reports what Alipay would refuse in the files of a submission
// (ApplyAudit): kind, size, the logo's shape and colours, the number of screen
// shots. Pictures are not decoded, only their heads are read.
func CheckFiles(files []File) []FieldError {
	var wrong []FieldError
	shots := 0
	for _, file := range files {
		if strings.HasSuffix(file.Field, "_screen_shot") {
			shots++
		}
		if broken := checkFile(file); broken != nil {
			wrong = append(wrong, *broken)
		}
	}
	if shots == 1 {
		wrong = append(wrong, FieldError{"second_screen_shot", RuleRequired, "send two to five screen shots, or none"})
	}
	return wrong
}

func checkFile(file File) *FieldError {
	broken := func(rule FieldRule, message string, args ...any) *FieldError {
		return &FieldError{Field: file.Field, Rule: rule, Message: fmt.Sprintf(message, args...)}
	}
	_, extension := file.kind()
	limit := sizeLimit(file.Field)
	switch {
	case len(file.Content) == 0:
		return broken(RuleRequired, "send a file that is not empty")
	case len(file.Content) > limit:
		return broken(RuleSize, "send a file of at most %d MB", limit>>20)
	case file.Field == "test_file_name":
		if extension != "zip" && extension != "rar" {
			return broken(RuleFormat, "send a zip or rar file")
		}
		return nil
	case extension != "png" && extension != "jpg":
		return broken(RuleFormat, "send a png or jpg picture")
	}
	picture, _, err := image.DecodeConfig(bytes.NewReader(file.Content))
	if err != nil {
		return broken(RuleFormat, "send a whole png or jpg picture: this one can't be opened")
	}
	if rule, message := judgePicture(file.Field, picture); message != "" {
		return broken(rule, "%s", message)
	}
	return nil
}

func sizeLimit(field string) int {
	switch field {
	case "app_logo":
		return maxLogo
	case "test_file_name":
		return maxTestFile
	default:
		return maxPicture
	}
}

// judgePicture applies the rules about shape and colours; an empty message means
// that none is broken. Alipay answers CMYK with INVALID_LOGO, which tells a
// designer nothing.
func judgePicture(field string, picture image.Config) (FieldRule, string) {
	short, long := min(picture.Width, picture.Height), max(picture.Width, picture.Height)
	switch {
	case picture.ColorModel == color.CMYKModel:
		return RuleFormat, "save the picture in RGB: CMYK is refused"
	case field == "app_logo" && short != long:
		return RuleFormat, "make the logo square, best 180×180"
	case field != "app_logo" && (short > maxPixelsShort || long > maxPixelsLong):
		return RuleSize, fmt.Sprintf("scale the picture down to %d×%d", maxPixelsShort, maxPixelsLong)
	default:
		return "", ""
	}
}
