// Package sweeping holds the activities of the workflow Sweep: they list an app's orders that wait,
// ask Alipay about those that a plan of package look means, and poke the ones with news.
//
// It promises that a pass changes nothing but by pokes, which only make an order ask for itself, so
// that every part can be run again. What a worker that died had done is in its heartbeat: another
// goes on there, and asks again about at most one page of orders.
package sweeping
