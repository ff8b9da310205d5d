//go:build tinygo

package heap

import "unsafe"

// This file gives the heap to the runtime; see runtime/gc_custom.go of TinyGo.
// The target file says gc.custom, under a name of our own for the collector, by
// which the compiler leaves out what a collector at any time needs.

var memory Heap

//go:extern __global_base
var globalsStart [0]byte

//go:extern __heap_base
var globalsEnd [0]byte

//export llvm.wasm.memory.size.i32
func memorySize(index int32) int32

//export llvm.wasm.memory.grow.i32
func memoryGrow(index, pages int32) int32

const wasmPage = 64 << 10

// Collect frees what is no longer used, when it is time. Only JavaScript may
// call it, and only while it is in no other function of the module: what such a
// function holds would be lost.
//
//go:wasmexport collect
func Collect() {
	if memory.Due() {
		memory.Collect(address(&globalsStart), address(&globalsEnd))
	}
}

func address(symbol *[0]byte) uint32 { return uint32(uintptr(unsafe.Pointer(symbol))) }

//go:linkname initHeap runtime.initHeap
func initHeap() {
	memory.Init(nil, address(&globalsEnd), uint32(memorySize(0))*wasmPage, func(pages uint32) bool {
		return memoryGrow(0, int32(pages<<pageShift/wasmPage)) >= 0
	})
}

// empty is what an object without a size is.
var empty byte

// noPointers is how the compiler says so.
const noPointers = 3

//go:linkname alloc runtime.alloc
func alloc(size uintptr, layout unsafe.Pointer) unsafe.Pointer {
	if size == 0 {
		return unsafe.Pointer(&empty)
	}
	at := memory.Alloc(uint32(size), uintptr(layout) != noPointers)
	if at == 0 {
		panic("out of memory")
	}
	return unsafe.Pointer(uintptr(at))
}

//go:linkname free runtime.free
func free(unsafe.Pointer) {}

//go:linkname markRoots runtime.markRoots
func markRoots(start, end uintptr) {}

//go:linkname collect runtime.GC
func collect() {}
