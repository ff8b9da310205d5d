package heap

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"unsafe"
)

const (
	rootsAt = 8
	roots   = 64 // words
)

// arena is a heap in a slice, with a plain copy of what must be in it. Its
// first words are the roots.
type arena struct {
	t      *testing.T
	memory []byte
	heap   *Heap
	limit  uint32 // bytes
	random *rand.Rand
	object map[uint32]*object
	root   [roots]uint32
}

type object struct {
	size     uint32
	pointers bool
	words    []uint32 // of one with pointers
	to       []uint32 // the objects that they point into
	fill     byte     // of one without
}

func newArena(t *testing.T, limit uint32, seed uint64) *arena {
	a := &arena{t: t, memory: make([]byte, limit), heap: new(Heap), limit: limit, random: rand.New(rand.NewPCG(seed, 7)), object: map[uint32]*object{}}
	end := uint32(64 << 10)
	a.heap.Init(unsafe.Pointer(&a.memory[0]), 1000, end, func(pages uint32) bool {
		if pages%growBy != 0 {
			t.Fatalf("grows by %d pages", pages)
		}
		end += pages * pageSize
		return end <= limit
	})
	for i := range a.memory[1000:] {
		a.memory[1000+i] = 0xa5 // what is allocated must be zeroed
	}
	return a
}

func (a *arena) word(at uint32) []byte { return a.memory[at : at+4] }

func (a *arena) setRoot(i int, at uint32) {
	a.root[i] = at
	binary.LittleEndian.PutUint32(a.word(rootsAt+4*uint32(i)), at)
}

// alloc makes an object that points to others which are reachable.
func (a *arena) alloc(size uint32, pointers bool) uint32 {
	at := a.heap.Alloc(size, pointers)
	if at == 0 {
		a.t.Fatalf("no room for %d bytes", size)
	}
	for other, o := range a.object {
		if at < other+o.size && other < at+size {
			a.t.Fatalf("%d bytes at %d overlap %d at %d", size, at, o.size, other)
		}
	}
	for i, b := range a.memory[at : at+size] {
		if b != 0 {
			a.t.Fatalf("byte %d of %d at %d is %#x", i, size, at, b)
		}
	}
	o := &object{size: size, pointers: pointers, fill: byte(a.random.Uint32())}
	if pointers {
		o.words = make([]uint32, size/4)
		for i := range o.words {
			if to := a.root[a.random.IntN(roots)]; to != 0 && a.random.IntN(16) == 0 {
				o.words[i] = to + a.random.Uint32N(a.object[to].size) // an interior pointer counts
				o.to = append(o.to, to)
			}
			binary.LittleEndian.PutUint32(a.word(at+4*uint32(i)), o.words[i])
		}
	} else {
		for i := range size {
			a.memory[at+i] = o.fill
		}
	}
	a.object[at] = o
	return at
}

// collect collects, and forgets here what nobody reaches.
func (a *arena) collect() {
	a.heap.Collect(rootsAt, rootsAt+4*roots)
	reached := map[uint32]*object{}
	todo := append([]uint32(nil), a.root[:]...)
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if at != 0 && reached[at] == nil {
			reached[at] = a.object[at]
			todo = append(todo, a.object[at].to...)
		}
	}
	a.object = reached
}

func (a *arena) check() {
	for at, o := range a.object {
		for i, want := range o.words {
			if got := binary.LittleEndian.Uint32(a.word(at + 4*uint32(i))); got != want {
				a.t.Fatalf("word %d of %d bytes at %d is %#x, want %#x", i, o.size, at, got, want)
			}
		}
		for i := range o.size {
			if !o.pointers && a.memory[at+i] != o.fill {
				a.t.Fatalf("byte %d of %d at %d was overwritten", i, o.size, at)
			}
		}
	}
}

// TestHeap holds the heap to its model through random lives.
func TestHeap(t *testing.T) {
	for seed := range uint64(6) {
		a := newArena(t, 8<<20, seed)
		for range 40 {
			for range a.random.IntN(120) {
				size := 1 + a.random.Uint32N(300)
				switch a.random.IntN(12) {
				case 0:
					size = 1 + a.random.Uint32N(3000)
				case 1:
					size = 1 + a.random.Uint32N(30000)
				}
				at := a.alloc(size, a.random.IntN(2) == 0)
				a.setRoot(a.random.IntN(roots), at)
			}
			for range 20 {
				a.setRoot(a.random.IntN(roots), 0)
			}
			a.collect()
			a.check()
		}
	}
}

// TestReuse shows that what is free is used before the heap grows.
func TestReuse(t *testing.T) {
	a := newArena(t, 4<<20, 1)
	h := a.heap
	for range 200 {
		for range 100 {
			if h.Alloc(100, true) == 0 || h.Alloc(5000, false) == 0 || h.Alloc(1, false) == 0 {
				t.Fatal("what is free was not used again")
			}
		}
		h.Collect(rootsAt, rootsAt+4*roots)
		if h.live != 0 {
			t.Fatalf("%d bytes live on", h.live)
		}
	}
	if h.Alloc(8<<20, false) != 0 || h.Alloc(1<<31, true) != 0 {
		t.Error("there is no such room")
	}
}

// TestDeep has more objects to look into than the stack of the collector holds.
func TestDeep(t *testing.T) {
	a := newArena(t, 16<<20, 1)
	const n = 10_000
	list := a.heap.Alloc(4*n, true)
	a.setRoot(0, list)
	last := uint32(0)
	for i := range uint32(n) {
		at := a.heap.Alloc(32, true)
		binary.LittleEndian.PutUint32(a.word(at), 0x40000000+i)
		binary.LittleEndian.PutUint32(a.word(at+8), last)
		if i%2 == 0 {
			binary.LittleEndian.PutUint32(a.word(list+4*i), at)
		} else {
			last = at // a chain beside the list
		}
	}
	a.setRoot(1, last)
	live := uint32(4*n+pageSize-1)&^(pageSize-1) + 32*n
	for range 3 {
		a.heap.Collect(rootsAt, rootsAt+4*roots)
		if a.heap.live != live {
			t.Fatalf("%d bytes live on, want %d", a.heap.live, live)
		}
	}
}

func TestDue(t *testing.T) {
	h := newArena(t, 16<<20, 1).heap
	for i := 0; !h.Due(); i++ {
		if i > 2*least/1024 {
			t.Fatal("never due")
		}
		h.Alloc(1000, false)
	}
	h.Collect(rootsAt, rootsAt+4*roots)
	if h.Due() {
		t.Error("due at once")
	}
}
