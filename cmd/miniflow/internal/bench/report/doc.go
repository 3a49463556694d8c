// Package report keeps the figures of a benchmark, and makes medians and ratios of them.
package report
