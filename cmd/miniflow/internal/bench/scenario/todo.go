package scenario

import "context"

func starts(context.Context, *bench) error        { return nil }
func notifications(context.Context, *bench) error { return nil }
func burst(context.Context, *bench) error         { return nil }
func push(context.Context, *bench) error          { return nil }
func looks(context.Context, *bench) error         { return nil }
func waiting(context.Context, *bench) error       { return nil }
