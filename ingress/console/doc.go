// Package console is what people see of Miniflow in a browser: where a merchant's mini program
// stands, why, and what can be done about it.
//
// Its pages are made on the server. They show what the REST API gives to whoever is logged in and
// nothing more, since they ask it for everything: in the same process, with that person as the
// caller. They hold no state of their own, load nothing from elsewhere, and work without JavaScript;
// the little that there is keeps them fresh and hands in pictures while a form is filled in.
//
// Everything on a page may have been written by somebody else: Alipay's reviewers, the ISV, a
// merchant. html/template escapes all of it, no page has a script or a style of its own, and the
// content security policy would run none.
package console
