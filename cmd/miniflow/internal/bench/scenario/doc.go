// Package scenario measures: each scenario makes a load of one kind and notes figures, beside the
// ceiling that the same Temporal server gives in the same run.
package scenario
