package catalogue

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"sync"
)

// samplePictures are what /sim/v1/files serves, so that a demonstration needs no
// file from elsewhere: width and height. Read only.
var samplePictures = map[string][2]int{
	"logo.png":       {180, 180},
	"licence.png":    {900, 640},
	"outdoor.png":    {900, 640},
	"screenshot.png": {750, 1334},
	"reject.png":     {750, 1334},
}

// drawn holds each picture that was asked for: a bench asks for the same logo thousands of times.
var drawn sync.Map

// Picture draws one of the files that links lead to, as PNG; drawn, they need neither
// files beside the program nor a licence. The caller leaves the bytes as they are.
func Picture(name string) (raw []byte, known bool, err error) {
	size, known := samplePictures[name]
	if !known {
		return nil, false, nil
	}
	if before, ok := drawn.Load(name); ok {
		raw, _ := before.([]byte)
		return raw, true, nil
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, drawSample(size[0], size[1])); err != nil {
		return nil, true, err
	}
	drawn.Store(name, picture.Bytes())
	return picture.Bytes(), true, nil
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
