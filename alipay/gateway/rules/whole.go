package rules

import (
	"bytes"
	"encoding/binary"
)

// whole reports whether a picture has its end: one that was cut off on its way has a good beginning,
// and Alipay can't show it. Nothing is decoded, and what only a careful reader would mind is let pass.
func whole(extension string, content []byte) bool {
	if extension == "png" {
		return wholePNG(content)
	}
	return wholeJPEG(content)
}

// wholePNG looks for the chunk that ends a picture. A chunk is its length, its name, what it holds and
// a check sum.
func wholePNG(content []byte) bool {
	const signature, around, named = 8, 12, 8
	for at := signature; at+around <= len(content); {
		length := int64(binary.BigEndian.Uint32(content[at:]))
		if length > int64(len(content)-at-around) {
			return false
		}
		if string(content[at+4:at+named]) == "IEND" {
			return true
		}
		at += around + int(length)
	}
	return false
}

// wholeJPEG looks for the marker that ends a picture, behind the one that begins its dots: a small
// picture in what precedes those has an end of its own.
func wholeJPEG(content []byte) bool {
	const marker, startOfScan = 0xff, 0xda
	for at := 2; at+4 <= len(content) && content[at] == marker; {
		switch content[at+1] {
		case marker: // filling
			at++
			continue
		case startOfScan:
			return bytes.Contains(content[at:], []byte{marker, 0xd9})
		}
		at += 2 + int(binary.BigEndian.Uint16(content[at+2:]))
	}
	return false
}
