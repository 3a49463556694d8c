// Package people knows who may use the console: the accounts of the people file, what their roles
// allow, how somebody proves to be one of them (a password, or a company's own log-in by OpenID
// Connect), and for how long that counts.
//
// It promises three things. What a person may do is looked up at each request, so that whoever was
// taken out of the file is out at once. A password can be tried a few times only, however many try
// at once. And nothing is allowed that is not in the table of operations: a call that is new there
// is nobody's until somebody decides.
//
// It holds no HTML: what a page says is data, and the console draws it.
package people
