package main

import (
	"context"
	"errors"
	"sync"
	"time"
)

// idle is a measurement of customers who do nothing.
type idle struct {
	customers  int
	memory     uint64 // bytes of the process for each
	heap       uint64 // of them in the heap
	stacks     uint64
	goroutines float64
	perLogin   time.Duration // until one is logged in, several at a time
}

// dialers is how many customers come at the same time.
const dialers = 16

// idleCustomers logs customers in and asks the server what they cost. A customer
// counts with all that the server keeps of it: its record and its token too.
func (p *plan) idleCustomers(ctx context.Context, kind string) (i idle, err error) {
	s, err := start(kind, 1)
	if err != nil {
		return i, err
	}
	defer s.stop()
	one, err := loginCustomer(s) // what the first one costs is not what each costs
	if err != nil {
		return i, err
	}
	go one.idle()
	before, err := s.stats()
	if err != nil {
		return i, err
	}
	memory := s.memory()
	begin := time.Now()
	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs error
	for d := range dialers {
		wg.Go(func() {
			for n := d; n < p.idle && ctx.Err() == nil; n += dialers {
				c, err := loginCustomer(s)
				if err != nil {
					mu.Lock()
					defer mu.Unlock()
					errs = errors.Join(errs, err)
					return
				}
				go c.idle()
			}
		})
	}
	wg.Wait()
	if errs = errors.Join(errs, ctx.Err()); errs != nil {
		return i, errs
	}
	i.perLogin = time.Since(begin) / time.Duration(p.idle)
	after, err := s.stats()
	if err != nil {
		return i, err
	}
	n := uint64(p.idle)
	i.customers = p.idle
	i.memory, i.heap, i.stacks = (max(memory, s.memory())-memory)/n, (max(before.Heap, after.Heap)-before.Heap)/n, (after.Stacks-before.Stacks)/n
	i.goroutines = float64(after.Goroutines-before.Goroutines) / float64(p.idle)
	return i, nil
}

// idle answers pings until the socket ends.
func (c *client) idle() {
	for {
		if _, err := c.next(); err != nil {
			return
		}
	}
}
