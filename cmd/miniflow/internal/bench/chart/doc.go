// Package chart draws bars and curves as SVG. The same input is the same file, byte by byte, so
// that a document's pictures change only when its figures do. A picture brings its own background
// in light and dark, because nobody knows the page that it stands on.
package chart
