// Package journal is the door's log of messages that Temporal has not taken yet, for a door
// that has to answer faster than Temporal can take, or while Temporal is down.
//
// Its promise: a message for which [Journal.Accept] returned no error is on the disk, and is
// dispatched until Temporal has taken it, in the order in which messages for the same
// workflow were accepted, also by a later process on the same directory. It may be dispatched
// more than once, after a crash: ids, request ids and digests are the message's own, so the
// workflows recognise a repeat.
//
// It is a queue and never a truth: what Temporal has taken is marked and its space given
// back, so it is normally empty. It is bounded in messages, bytes and age; at a bound it
// refuses, and Alipay keeps the message.
//
// On the disk it is a directory of segments, files of records that are appended and synced
// together (group commit). Each record has a checksum of its own, so that a record that was
// cut off by a crash is told from one that was damaged later: the former was never
// acknowledged and is dropped, the latter is set aside for a person. A record contains the
// message as Temporal would get it, tokens and content sealed.
package journal
