package columnar

import (
	"container/list"
	"sync"
)

// cache keeps what was read of parts, the most recently used of it, within a
// limit of bytes. What leaves the cache stays valid for readers that have it.
type cache struct {
	mu    sync.Mutex // guards all below
	limit int64
	bytes int64
	byKey map[any]*list.Element // of *cached
	used  list.List             // most recently used first
}

type cached struct {
	key   any
	value any
	bytes int64
}

func newCache(limit int64) *cache { return &cache{limit: limit, byKey: map[any]*list.Element{}} }

// find returns what is kept under key, or nil.
func (c *cache) find(key any) any {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byKey[key]
	if e == nil {
		return nil
	}
	c.used.MoveToFront(e)
	return e.Value.(*cached).value
}

// keep adds value, unless somebody was faster, and returns what is kept.
func (c *cache) keep(key, value any, bytes int64) any {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.byKey[key]; e != nil {
		return e.Value.(*cached).value
	}
	c.byKey[key] = c.used.PushFront(&cached{key, value, bytes})
	c.bytes += bytes
	c.evictLocked()
	return value
}

// grow notes that the value under key holds more memory.
func (c *cache) grow(key any, bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.byKey[key]; e != nil {
		e.Value.(*cached).bytes += bytes
		c.bytes += bytes
		c.evictLocked()
	}
}

// drop forgets key.
func (c *cache) drop(key any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.byKey[key]; e != nil {
		c.removeLocked(e)
	}
}

// clear forgets everything.
func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.byKey)
	c.used.Init()
	c.bytes = 0
}

func (c *cache) evictLocked() {
	for c.bytes > c.limit && c.used.Len() > 1 {
		c.removeLocked(c.used.Back())
	}
}

func (c *cache) removeLocked(e *list.Element) {
	x := c.used.Remove(e).(*cached)
	delete(c.byKey, x.key)
	c.bytes -= x.bytes
}
