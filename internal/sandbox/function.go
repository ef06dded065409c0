package sandbox

import "sync"

// function hands invocations to environments: an idle one when there is one, a
// new one while the concurrency allows, else the caller is throttled.
type function struct {
	Function
	box *Sandbox

	mu   sync.Mutex // guards what follows
	all  map[*environment]struct{}
	idle []*environment // the last one parked is used first, as Lambda does
}

// dispatch gives inv to an environment, which owns it from then on.
func (f *function) dispatch(inv *invocation) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.idle); n > 0 {
		e := f.idle[n-1]
		f.idle = f.idle[:n-1]
		e.work <- inv
		return nil
	}
	if len(f.all) >= f.Concurrency {
		return ErrThrottled
	}
	e := newEnvironment(f)
	e.work <- inv
	f.all[e] = struct{}{}
	if err := f.box.spawn(e.run); err != nil {
		delete(f.all, e)
		return err
	}
	return nil
}

// park makes e available again. It returns false when e shall end instead.
func (f *function) park(e *environment) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case <-e.doomed:
		return false
	default:
	}
	f.idle = append(f.idle, e)
	return true
}

// unpark takes e out of the idle ones. False: it has just been given work.
func (f *function) unpark(e *environment) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, x := range f.idle {
		if x == e {
			f.idle = append(f.idle[:i], f.idle[i+1:]...)
			return true
		}
	}
	return false
}

func (f *function) forget(e *environment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, e)
}

func (f *function) recycle() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for e := range f.all {
		select {
		case <-e.doomed:
		default:
			close(e.doomed)
		}
	}
}
