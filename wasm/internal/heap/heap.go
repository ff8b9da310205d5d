// Package heap is the memory of the release build: an allocator, and a
// collector that only runs when nothing of Go does.
//
// WebAssembly hides what its functions hold in local values, so a collector
// that may run at any allocation needs a copy of each pointer in memory. TinyGo
// writes that code for its own collectors, and it made a quarter of the core.
// But the core is only ever entered from JavaScript and leaves soon; in between
// all that lives can be reached from global variables. So JavaScript calls
// [Heap.Collect] between entries, and there is nothing else to know.
//
// Addresses are offsets from a base, which is 0 in WebAssembly and a slice in
// the tests.
package heap

import "unsafe"

const (
	pageShift = 12
	pageSize  = 1 << pageShift
	maxPages  = 1 << 16 // 256 MB
	growBy    = 16      // pages: those of WebAssembly have 64 KB

	unit   = 16 // what sizes and addresses of cells are multiples of
	header = pageSize / unit / 8

	// least is what must have been allocated since the last collection before
	// the next one is worth its time.
	least = 512 << 10
)

// What a page is, in the table of pages: free, a part of a large object, or
// one of cells, in which case the kind is the class of their size, from kindCells.
// The last bits say more.
const (
	kindFree  = iota
	kindTail  // of a large object, not the first page
	kindLarge // the first page of a large object
	kindCells

	kindMask = 0x3f
	noPtrs   = 0x40 // the objects hold no pointers
	marked   = 0x80 // of a large object
)

// sizes of cells. A page holds a bitmap of the cells in use and after that
// cells of one size.
var sizes = [...]uint16{16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 672, 800, 1008, 1344, 2032}

// Heap is the memory from start on. The zero value is to be set up by Init.
type Heap struct {
	base  unsafe.Pointer
	start uint32 // of the first page
	count uint32 // of pages
	grow  func(pages uint32) bool

	pages   [maxPages]uint8
	free    uint32             // no page below it is free
	cursors [2][len(sizes)]int // where the next cell may be: page * pageSize/unit + cell; -1 when all pages are full
	fresh   uint32             // bytes allocated since the last collection
	live    uint32             // bytes in use after it

	stack    [2048]uint32 // objects that are marked and not looked into
	depth    int
	overflow bool // not all of them fitted
}

// Init sets up a heap of the memory between two addresses. grow adds pages at
// its end, a multiple of 16, and says whether it could.
func (h *Heap) Init(base unsafe.Pointer, start, end uint32, grow func(pages uint32) bool) {
	h.base, h.grow = base, grow
	h.start = (start + pageSize - 1) &^ (pageSize - 1)
	h.count = (end - h.start) >> pageShift
}

// Alloc returns the address of size zero bytes; 0 when there is no room. Objects
// without pointers are not looked into.
func (h *Heap) Alloc(size uint32, pointers bool) uint32 {
	flags := uint8(noPtrs)
	if pointers {
		flags = 0
	}
	if size > uint32(sizes[len(sizes)-1]) {
		return h.allocLarge(size, flags)
	}
	class := 0
	for uint32(sizes[class]) < size {
		class++
	}
	cell := uint32(sizes[class])
	cells := int((pageSize - header) / cell)
	kind := uint8(kindCells+class) | flags
	cursor := &h.cursors[flags/noPtrs][class]
	for {
		if *cursor < 0 {
			page, ok := h.take(1)
			if !ok {
				return 0
			}
			h.pages[page] = kind
			clear(h.bytes(h.address(page), header))
			*cursor = int(page) * (pageSize / unit)
		}
		page := uint32(*cursor / (pageSize / unit))
		if h.pages[page] == kind {
			used := h.bytes(h.address(page), header)
			for i := *cursor % (pageSize / unit); i < cells; i++ {
				if used[i/8]&(1<<(i%8)) == 0 {
					used[i/8] |= 1 << (i % 8)
					*cursor = int(page)*(pageSize/unit) + i + 1
					h.fresh += cell
					at := h.address(page) + header + uint32(i)*cell
					clear(h.bytes(at, cell))
					return at
				}
			}
		}
		for page++; page < h.count && h.pages[page] != kind; page++ {
		}
		*cursor = int(page) * (pageSize / unit)
		if page >= h.count {
			*cursor = -1
		}
	}
}

func (h *Heap) allocLarge(size uint32, flags uint8) uint32 {
	if size > maxPages*pageSize {
		return 0
	}
	n := (size + pageSize - 1) >> pageShift
	page, ok := h.take(n)
	if !ok {
		return 0
	}
	h.pages[page] = kindLarge | flags | marked
	for i := uint32(1); i < n; i++ {
		h.pages[page+i] = kindTail
	}
	h.fresh += n << pageShift
	clear(h.bytes(h.address(page), n<<pageShift))
	return h.address(page)
}

// take finds n free pages in a row and grows the heap when there are none.
func (h *Heap) take(n uint32) (first uint32, ok bool) {
	for h.free < h.count && h.pages[h.free] != kindFree {
		h.free++
	}
	run := uint32(0) // of free pages up to page
	for page := h.free; page < h.count; page++ {
		if h.pages[page] != kindFree {
			run = 0
		} else if run++; run == n {
			return page + 1 - n, true
		}
	}
	// What is free at the end is the beginning.
	more := (n - run + growBy - 1) &^ (growBy - 1)
	if h.count+more > maxPages || !h.grow(more) {
		return 0, false
	}
	first = h.count - run
	h.count += more
	return first, true
}

func (h *Heap) address(page uint32) uint32 { return h.start + page<<pageShift }

func (h *Heap) bytes(at, n uint32) []byte { return unsafe.Slice((*byte)(unsafe.Add(h.base, at)), n) }

// Due reports whether so much was allocated that it is time for Collect: half
// of what lives, so that the memory is at most half as large again.
func (h *Heap) Due() bool { return h.fresh > max(least, h.live/2) }

// Collect frees what cannot be reached from the words between two addresses.
// Nobody else may hold a pointer.
func (h *Heap) Collect(start, end uint32) {
	for page := range h.count {
		if kind := h.pages[page]; kind&kindMask >= kindCells {
			clear(h.bytes(h.address(page), header))
		} else {
			h.pages[page] = kind &^ marked
		}
	}
	h.live = 0
	h.scan(start, end)
	h.drain()
	for h.overflow {
		h.overflow = false
		h.again()
	}
	h.sweep()
}

// scan marks what the words between two addresses may point to.
func (h *Heap) scan(start, end uint32) {
	for at := start; at+4 <= end; at += 4 {
		h.mark(*(*uint32)(unsafe.Add(h.base, at)))
	}
}

// mark marks the object that holds an address, if there is one, and puts it
// aside to be looked into.
func (h *Heap) mark(at uint32) {
	page := (at - h.start) >> pageShift
	if at < h.start || page >= h.count {
		return
	}
	for h.pages[page] == kindTail {
		page--
	}
	kind := h.pages[page]
	switch {
	case kind&kindMask >= kindCells:
		size := uint32(sizes[kind&kindMask-kindCells])
		offset := at & (pageSize - 1)
		i := (offset - header) / size
		if offset < header || i >= (pageSize-header)/size {
			return
		}
		used := h.bytes(h.address(page), header)
		if used[i/8]&(1<<(i%8)) != 0 {
			return
		}
		used[i/8] |= 1 << (i % 8)
		h.live += size
		at = h.address(page) + header + i*size
	case kind&(kindMask|marked) == kindLarge:
		h.pages[page] |= marked
		at = h.address(page)
	default:
		return
	}
	if kind&noPtrs != 0 {
		return
	}
	if h.depth == len(h.stack) {
		h.overflow = true
		return
	}
	h.stack[h.depth] = at
	h.depth++
}

// drain looks into what was put aside.
func (h *Heap) drain() {
	for h.depth > 0 {
		h.depth--
		at := h.stack[h.depth]
		h.scan(at, at+h.size((at-h.start)>>pageShift))
	}
}

// size is that of the objects that begin in a page.
func (h *Heap) size(page uint32) uint32 {
	if kind := h.pages[page] & kindMask; kind >= kindCells {
		return uint32(sizes[kind-kindCells])
	}
	n := uint32(1)
	for page+n < h.count && h.pages[page+n] == kindTail {
		n++
	}
	return n << pageShift
}

// again looks into every marked object: some had no room on the stack.
func (h *Heap) again() {
	for page := range h.count {
		kind := h.pages[page]
		if kind&noPtrs != 0 {
			continue
		}
		at, size := h.address(page), h.size(page)
		if kind&(kindMask|marked) == kindLarge|marked {
			h.scan(at, at+size)
		} else if kind&kindMask >= kindCells {
			used := h.bytes(at, header)
			for i := range (pageSize - header) / size {
				if used[i/8]&(1<<(i%8)) != 0 {
					h.scan(at+header+i*size, at+header+(i+1)*size)
				}
			}
		}
		h.drain()
	}
}

// sweep frees the pages in which nothing is marked; cells that are not are free
// already.
func (h *Heap) sweep() {
	for page := uint32(0); page < h.count; page++ {
		kind := h.pages[page]
		switch {
		case kind&kindMask >= kindCells:
			empty := true
			for _, b := range h.bytes(h.address(page), header) {
				empty = empty && b == 0
			}
			if empty {
				h.pages[page] = kindFree
			}
		case kind&kindMask == kindLarge:
			n := h.size(page) >> pageShift
			if kind&marked != 0 {
				h.live += n << pageShift
			} else {
				clear(h.pages[page : page+n])
			}
			page += n - 1
		}
	}
	h.fresh, h.free = 0, 0
	h.cursors = [2][len(sizes)]int{}
}
