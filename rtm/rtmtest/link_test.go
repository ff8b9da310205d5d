package rtmtest

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// frame makes a frame as clients do it, with a mask of zeros, or as servers do.
func frame(first byte, n int, masked bool) []byte {
	mask := byte(0)
	if masked {
		mask = 0x80
	}
	f := []byte{first, mask | byte(n)}
	switch {
	case n > 65535:
		f = binary.BigEndian.AppendUint64([]byte{first, mask | 127}, uint64(n))
	case n > 125:
		f = binary.BigEndian.AppendUint16([]byte{first, mask | 126}, uint16(n))
	}
	if masked {
		f = append(f, 0, 0, 0, 0)
	}
	return append(f, bytes.Repeat([]byte{'x'}, n)...)
}

// TestScanner cuts a stream that comes in pieces of any size.
func TestScanner(t *testing.T) {
	head := []byte("GET / HTTP/1.1\r\nUpgrade: WebSocket\r\nA: b\r\n\r\n")
	want := [][]byte{head}
	for _, masked := range []bool{true, false} {
		for _, n := range []int{0, 1, 125, 126, 127, 65535, 65536, 100000} {
			want = append(want, frame(finText, n, masked), frame(finClose, n%126, masked), frame(0x01, n, masked))
		}
	}
	stream := bytes.Join(want, nil)
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 0))
		var s scanner
		i := 0
		for rest := stream; len(rest) > 0; {
			n := min(len(rest), 1+r.IntN(1<<r.IntN(18)))
			for _, u := range s.cut(rest[:n]) {
				if !bytes.Equal(u.data, want[i]) {
					t.Fatalf("unit %d has %d bytes and not %d", i, len(u.data), len(want[i]))
				}
				if u.upgrade != (i == 0) || u.text != (u.data[0] == finText) {
					t.Errorf("unit %d of %d bytes: %+v", i, len(u.data), u.text)
				}
				i++
			}
			rest = rest[n:]
		}
		if i != len(want) {
			t.Fatalf("%d units and not %d", i, len(want))
		}
	}
}

func TestScannerPlain(t *testing.T) {
	var s scanner
	for _, piece := range []string{"POST / HTTP/1.1\r\nContent-Length: 3\r\n", "\r\n\x81\x01", "b"} {
		for _, u := range s.cut([]byte(piece)) {
			if u.text || u.upgrade {
				t.Errorf("%q is taken for a WebSocket", u.data)
			}
		}
	}
	if !s.plain {
		t.Error("a plain request is not taken for one")
	}
}

func TestServerFrame(t *testing.T) {
	for _, n := range []int{0, 125, 126, 1000} {
		if f := serverFrame(finText, bytes.Repeat([]byte{'x'}, n)); !bytes.Equal(f, frame(finText, n, false)) {
			t.Errorf("of %d bytes: % x…", n, f[:4])
		}
	}
}
