// Package workercomponent is what the server's own workers would run for auto-scaled workers.
package workercomponent

import "go.uber.org/fx"

// Module adds nothing: without auto-scaled workers no workflow of theirs is ever started.
var Module = fx.Options()
