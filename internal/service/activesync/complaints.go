package activesync

import (
	"sync"
	"time"
)

// complaintEvery is how often the same trouble is logged: a mail server that is down fails thousands of requests.
const complaintEvery = 10 * time.Second

// complaints keeps the log readable.
type complaints struct {
	mu   sync.Mutex
	last map[string]time.Time
}

func newComplaints() *complaints { return &complaints{last: map[string]time.Time{}} }

// first tells whether a trouble should be logged now.
func (c *complaints) first(what string, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if last, told := c.last[what]; told && now.Sub(last) < complaintEvery && !now.Before(last) {
		return false
	}
	room(c.last)
	c.last[what] = now
	return true
}
