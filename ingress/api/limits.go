package api

import "time"

// What a caller of the REST API may send and cause.
const (
	// defaultAPIBody is the largest body, in bytes, unless the configuration says otherwise.
	defaultAPIBody = 1 << 20
	// bodyWithin is how long a body may take to arrive.
	bodyWithin = 5 * time.Second
	// maxActor and maxIdempotencyKey bound these headers, in bytes.
	maxActor          = 64
	maxIdempotencyKey = 128
	// maxReason bounds the words of a cancellation, in bytes.
	maxReason = 300
	// maxURL bounds the address of a file, in bytes.
	maxURL = 2048

	// maxWait is the longest long-poll; a longer one is cut to it.
	maxWait = time.Minute
	// maxWaiters is how many long-polls are open at once in this process.
	maxWaiters = 1024

	// pageSize is how many rows a list has unless limit says otherwise; maxPageSize is the most.
	pageSize    = 50
	maxPageSize = 200
	// heldPage is how many mini programs one call of GET /v1/deliveries asks for the
	// notifications they hold; next_cursor leads to the next ones.
	heldPage = 25
	// holderPages is how many such pages are asked for the mini program that holds one
	// message, when nothing else knows it.
	holderPages = 8
	// askAtOnce is how many questions one call has under way at the same time.
	askAtOnce = 5

	// callWithin bounds one call to Temporal that needs no worker.
	callWithin = 10 * time.Second
	// answerWithin bounds the wait for a worker to answer a query. On a machine that has
	// too much to do an order's history may take seconds to be read again.
	answerWithin = 10 * time.Second
	// remnantWithin bounds the wait for what a workflow that is closed or failing may
	// still say; where it says nothing, its summary stands in.
	remnantWithin = 3 * time.Second
	// commandWithin bounds the wait for a worker to carry out a command.
	commandWithin = 10 * time.Second
	// againFirst and againMost are how long Temporal is left alone before it is asked
	// again what it has refused for a moment: the first pause, and the longest.
	againFirst = 25 * time.Millisecond
	againMost  = 400 * time.Millisecond
	// alipayWithin bounds a question to Alipay about a token.
	alipayWithin = 20 * time.Second
	// importWithin bounds bringing a token home, even when the caller has hung up:
	// a code is spent, its token can't be asked for again.
	importWithin = 30 * time.Second
	// statsFor is how long counts are good. Each costs Temporal some twenty counts.
	statsFor = 10 * time.Second
	// againSoon is the Retry-After of what passes by itself.
	againSoon = 2 * time.Second
	// failingAgain is the Retry-After of what passes once a person has done something.
	failingAgain = 30 * time.Second
)
