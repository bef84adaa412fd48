package revcache

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestANewRevisionDropsWhatWasReadBefore(t *testing.T) {
	c := New[string, int](10)
	c.Put(1, "a", 1, 1)
	if v, ok := c.Get(1, "a"); !ok || v != 1 {
		t.Fatal("lost")
	}
	if _, ok := c.Get(2, "a"); ok {
		t.Fatal("a value from before the revision was used")
	}
	c.Put(2, "b", 2, 1)
	c.Put(1, "a", 1, 1) // a slow reader
	if _, ok := c.Get(2, "a"); ok {
		t.Fatal("a slow reader brought an old value in")
	}
}

func TestASlowReaderDoesNotUndoAWriter(t *testing.T) {
	c := New[string, string](10)
	c.Put(1, "a", "new", 8)
	c.Put(1, "a", "old", 7)
	if v, _ := c.Get(1, "a"); v != "new" {
		t.Fatal(v)
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	c := New[int, int](100)
	for i := range 10_000 {
		c.Put(1, i, i, 1)
		if len(c.values) > 100 {
			t.Fatalf("%d values", len(c.values))
		}
		if v, ok := c.Get(1, i); !ok || v != i {
			t.Fatalf("the value put last is gone")
		}
	}
}

func TestAValueWithABoundOnItsAgeIsReadAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bounded, unbounded := New[string, int](10), NewLasting[string, int](10)
		bounded.Put(1, "a", 1, 1)
		unbounded.Put(1, "a", 1, 1)
		time.Sleep(time.Minute)
		if _, ok := bounded.Get(1, "a"); !ok {
			t.Error("it is gone too early")
		}
		time.Sleep(time.Second)
		if _, ok := bounded.Get(1, "a"); ok {
			t.Error("it is used when it is too old")
		}
		if _, ok := unbounded.Get(1, "a"); !ok {
			t.Error("a value without a bound is gone")
		}
	})
}
