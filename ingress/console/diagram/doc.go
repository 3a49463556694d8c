// Package diagram draws the stages of an order as an SVG with live counts, each stage a link. What it
// draws are the moves of package order: a move that is added there is an arrow here, and a stage that
// has no place yet fails a test. It writes no style of its own, so that a strict Content-Security-Policy
// and dark mode are the page's to decide: put [CSS] into the page's style sheet.
package diagram
