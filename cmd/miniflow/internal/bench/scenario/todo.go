package scenario

import "context"

func burst(context.Context, *bench) error   { return nil }
func push(context.Context, *bench) error    { return nil }
func looks(context.Context, *bench) error   { return nil }
func waiting(context.Context, *bench) error { return nil }
