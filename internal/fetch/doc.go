// Package fetch fetches files that an order names by reference, and makes the HTTP client for
// every call to an address that somebody else chose.
//
// It promises that nobody can use Miniflow to reach a machine that they could not reach
// themselves (server-side request forgery): the address is checked when the connection is
// made, after DNS, so neither an odd spelling of an IP nor a name that changes its answer
// circumvents it; loopback, private, link-local, metadata and every other special-purpose
// network is refused unless the configuration allows it; redirects are not followed; no proxy
// of the environment is used, since the proxy would be the one to connect. And it promises
// that a [File] is exactly the bytes whose SHA-256 the order named, of a type that Alipay
// accepts, no larger than allowed.
package fetch
