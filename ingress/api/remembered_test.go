package api

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// counter answers how often it was asked, and takes its time.
type counter struct {
	remembered[int]
	mutex sync.Mutex
	asked int
	takes time.Duration
	fails error
}

// change has the next answer take another time, or fail.
func (c *counter) change(takes time.Duration, fails error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.takes, c.fails = takes, fails
}

func (c *counter) ask() (answer int, takes time.Duration, fails error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.asked++
	return c.asked, c.takes, c.fails
}

func (c *counter) get(ctx context.Context) (int, error) {
	return c.remembered.get(ctx, "it", ages{fresh: 10 * time.Second, stale: time.Minute}, time.Now, func() (int, error) {
		answer, takes, fails := c.ask()
		<-time.After(takes)
		return answer, fails
	})
}

// want asks, and checks the answer and how long it took.
func (c *counter) want(t *testing.T, answer int, within time.Duration) {
	t.Helper()
	begun := time.Now()
	if got, err := c.get(t.Context()); got != answer || err != nil || time.Since(begun) != within {
		t.Errorf("answered %d %v after %v, want %d after %v", got, err, time.Since(begun), answer, within)
	}
}

func pass(d time.Duration) { <-time.After(d) }

// TestRemembered: what is fresh is not asked again; what is not is waited for, for a moment only while
// the answer before still holds.
func TestRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{takes: time.Second}
		c.want(t, 1, time.Second)
		pass(8 * time.Second)
		c.want(t, 1, 0)
		pass(2 * time.Second)
		c.want(t, 1, patience) // the second is asked behind it
		pass(time.Second)
		c.want(t, 2, 0)
		pass(time.Minute)
		c.want(t, 3, time.Second) // the second is too old
		c.change(patience/2, nil)
		pass(10 * time.Second)
		c.want(t, 4, patience/2)
		c.change(0, errors.New("no"))
		pass(10 * time.Second)
		c.want(t, 4, 0)
		c.want(t, 4, 0) // a failure is no answer
		pass(time.Minute)
		for range 2 {
			if _, err := c.get(t.Context()); !errors.Is(err, c.fails) {
				t.Errorf("where there is no answer it says %v", err)
			}
		}
	})
}

// TestRememberedLongerWhereAskingTakesLong: nine times as long, and never so long that it gets stale.
func TestRememberedLongerWhereAskingTakesLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{takes: 2 * time.Second}
		c.want(t, 1, 2*time.Second)
		pass(15 * time.Second)
		c.want(t, 1, 0)
		pass(time.Second)
		c.want(t, 1, patience)
		c.change(50*time.Second, nil)
		pass(2 * time.Minute)
		c.want(t, 3, 50*time.Second)
		c.want(t, 3, patience) // after half of the time until it is stale
		pass(time.Minute)
	})
}

// TestRememberedOnceForAll: who asks meanwhile shares the answer, also where the first has left.
func TestRememberedOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{takes: time.Second}
		leaving, leave := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			if _, err := c.get(leaving); !errors.Is(err, context.Canceled) {
				t.Errorf("who left got %v", err)
			}
		})
		synctest.Wait()
		for range 3 {
			group.Go(func() { c.want(t, 1, time.Second) })
		}
		synctest.Wait()
		leave()
		group.Wait()
		if c.asked != 1 {
			t.Errorf("asked %d times", c.asked)
		}
	})
}
