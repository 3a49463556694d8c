package gateway

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay"
	"miniflow/alipay/gateway/rules"
)

// pngOf returns a picture of the given size.
func pngOf(t testing.TB, width, height int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func jpegOf(t testing.TB, width, height int) []byte {
	t.Helper()
	var out bytes.Buffer
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	picture.Set(0, 0, color.White)
	if err := jpeg.Encode(&out, picture, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestFilesAreNamedAfterWhatTheyAre(t *testing.T) {
	files := []rules.File{
		{Field: "app_logo", Content: pngOf(t, 8, 8)},
		{Field: "first_license_pic", Content: jpegOf(t, 8, 8)},
		{Field: "test_file_name", Content: []byte("PK\x03\x04 and more")},
		{Field: "second_license_pic", Content: []byte("Rar!\x1a\x07\x00 and more")},
	}
	gateway := answering(t, alipay.MethodAuditApply, success(""))
	request := Request{Method: alipay.MethodAuditApply, Token: "T", Fields: map[string]string{"memo": "x"}, Files: files}
	if _, err := gateway.client(nil).Call(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	want := map[string]receivedFile{
		"app_logo":           {"app_logo.png", "image/png", files[0].Content},
		"first_license_pic":  {"first_license_pic.jpg", "image/jpeg", files[1].Content},
		"test_file_name":     {"test_file_name.zip", "application/zip", files[2].Content},
		"second_license_pic": {"second_license_pic.rar", "application/x-rar-compressed", files[3].Content},
	}
	if diff := cmp.Diff(want, gateway.only().files, cmp.AllowUnexported(receivedFile{})); diff != "" {
		t.Errorf("files as they arrived (-want +got):\n%s", diff)
	}
}
