package api

import "time"

// Limits on what a caller of the REST API may send and cause, in one place so that they can
// be compared.
const (
	// defaultAPIBody is the largest body, in bytes, unless configured otherwise: far above the
	// largest order, whose files are only named.
	defaultAPIBody = 1 << 20
	// defaultFile is the largest file of POST /v1/files, in bytes, unless configured otherwise: an
	// archive of Alipay's audit.apply.
	defaultFile = 10 << 20
	// fileWithin is how long a file may take to arrive, so that a phone's uplink is enough.
	fileWithin = time.Minute
	// storeWithin bounds all that one call asks of the store of files, so that its answer comes before
	// the server's own time-out even after a file that was slow to arrive.
	storeWithin = 12 * time.Second
	// bodyWithin is how long a body may take to arrive, so that slow clients don't hold
	// memory.
	bodyWithin = 5 * time.Second
	// maxActor and maxIdempotencyKey bound these headers, in bytes, because both are stored
	// in histories.
	maxActor          = 64
	maxIdempotencyKey = 128
	// maxReason bounds the reason of a command, in bytes, because it is stored in the order's
	// history.
	maxReason = 300
	// maxURL bounds the address of a file, in bytes, because it is stored in the order's
	// history.
	maxURL = 2048

	// maxWait is the longest long-poll; a longer one is shortened to it, so that it ends
	// before usual proxies give up.
	maxWait = time.Minute
	// maxWaiters is how many long-polls are open at once in this process, because each holds
	// a connection and a call to Temporal.
	maxWaiters = 1024

	// pageSize is how many rows a list has without limit, enough for one screen; maxPageSize
	// is the most, because each row is read from its memo.
	pageSize    = 50
	maxPageSize = 200
	// heldPage is how many mini programs one call of GET /v1/deliveries queries, because each
	// query needs a worker; next_cursor leads to the next ones.
	heldPage = 25
	// holderPages is how many such pages are searched for the mini program that keeps one
	// message, so that a wrong id doesn't query all of them.
	holderPages = 8
	// askAtOnce is how many queries one call makes concurrently, so that it doesn't occupy
	// all workers.
	askAtOnce = 5

	// callWithin bounds one call to Temporal that needs no worker, so that a hanging Temporal
	// becomes a 503.
	callWithin = 10 * time.Second
	// answerWithin bounds the wait for a worker to answer a query. It is generous, because on
	// an overloaded machine the replay of an order's history may take seconds.
	answerWithin = 10 * time.Second
	// remnantWithin bounds the wait for the answer of a closed or failing workflow. It is
	// short, because its summary is good enough.
	remnantWithin = 3 * time.Second
	// commandWithin bounds the wait for a worker to carry out a command, so that a caller
	// learns of missing workers before its own time-out.
	commandWithin = 10 * time.Second
	// againFirst and againMost are the pauses before a call is repeated that Temporal refused
	// temporarily: short at first, because most refusals pass within milliseconds.
	againFirst = 25 * time.Millisecond
	againMost  = 400 * time.Millisecond
	// alipayWithin bounds a query to Alipay about a token, above the gateway client's own
	// time-out so that its error is the one that is shown.
	alipayWithin = 20 * time.Second
	// importWithin bounds the import of a token, even when the caller has disconnected: a
	// code is spent, and its token can't be requested again.
	importWithin = 30 * time.Second
	// patience is how long a call waits for an answer that replaces one which is not too old to be
	// given: a page of the console makes some such calls, and has to be there within 300 ms.
	patience = 100 * time.Millisecond
	// statsFor is how long counts are as good as new, because each set costs Temporal some twenty
	// counts: a little less than a page of the console waits until it is read again. Up to
	// statsStale they are given while they are counted anew.
	statsFor   = 9 * time.Second
	statsStale = time.Minute
	// gatheredFor and gatheredStale are the same for what needs a person, which costs some lists.
	gatheredFor   = 3 * time.Second
	gatheredStale = time.Minute
	// queriedFor and queriedStale are the same for a page of mini programs, each of which is asked.
	queriedFor   = 2 * time.Second
	queriedStale = time.Minute
	// countedWithin bounds one set of counts, which are asked one after the other.
	countedWithin = 30 * time.Second
	// timesFor is how long times in stages are valid, because each set costs reading the orders.
	timesFor = time.Minute
	// glanceFor is how long an overview is as good as new, because each costs Temporal dozens of
	// requests; up to glanceStale it is shown while it is counted anew, and glanceWithin bounds that.
	// dayFor is how long the counts of a day that is over are valid.
	glanceFor    = time.Minute
	glanceStale  = 10 * time.Minute
	glanceWithin = time.Minute
	dayFor       = time.Hour
	// glanceKept is how often an overview is counted that nobody asks for, and glanceAgain how soon
	// after that has failed.
	glanceKept  = glanceStale - glanceFor - glanceWithin
	glanceAgain = 10 * time.Second
	// againSoon is the Retry-After of what passes by itself, long enough for a loaded
	// Temporal to recover.
	againSoon = 2 * time.Second
	// failingAgain is the Retry-After of what passes only once a person has acted, so that
	// clients don't hammer.
	failingAgain = 30 * time.Second
)
