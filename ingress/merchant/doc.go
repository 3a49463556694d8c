// Package merchant serves the page behind a merchant's link, /m/<code>: what the merchant has to do,
// in words, with a code to scan and a button, and where the mini program stands; and it takes the
// pictures that Alipay asks for again.
//
// It promises that a page needs no login, no JavaScript and nothing from elsewhere; that it shows the
// shop's name, what is to be done, Alipay's reason and the progress, and nothing else of an order, nor
// what was handed in before; that a forged, an altered and an expired link get the same answer, without
// a question to Temporal; and that a link can do what its page offers and no more. It knows orders as
// the REST API shows them, and asks it within the process as a caller with three operations.
//
// A page that waits for the merchant asks again every half a minute, which is three requests to
// Temporal: one list by the link's number, and the two of GET /v1/orders/{app_id}/{out_order_no}.
package merchant
