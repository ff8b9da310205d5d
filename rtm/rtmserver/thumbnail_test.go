package rtmserver

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// imageServer is a server that makes thumbnails.
func imageServer() *Server {
	return &Server{decoding: make(chan struct{}, 1), opts: Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}}
}

func thumbnailsOf(t *testing.T, typ string, content []byte) (*file, map[string][]byte) {
	t.Helper()
	f, puts := &file{ID: "x", Type: typ}, map[string][]byte{}
	if err := imageServer().thumbnails(context.Background(), f, content, puts); err != nil {
		t.Fatal(err)
	}
	return f, puts
}

// corners is an image whose corners have colours of their own: red, green, blue
// and white, clockwise from the upper left.
func corners(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			i := 0
			switch {
			case x >= w/2 && y < h/2:
				i = 1
			case x >= w/2:
				i = 2
			case y >= h/2:
				i = 3
			}
			img.Set(x, y, []color.Color{color.RGBA{255, 0, 0, 255}, color.RGBA{0, 255, 0, 255}, color.RGBA{0, 0, 255, 255}, color.White}[i])
		}
	}
	return img
}

// withExif puts an orientation into a JPEG.
func withExif(plain []byte, order binary.AppendByteOrder, orientation int) []byte {
	tiff := []byte("MM")
	if order == binary.AppendByteOrder(binary.LittleEndian) {
		tiff = []byte("II")
	}
	tiff = order.AppendUint16(tiff, 42)
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 2)
	for _, entry := range [][2]int{{0x10f, 7}, {0x112, orientation}} {
		tiff = order.AppendUint16(tiff, uint16(entry[0]))
		tiff = order.AppendUint16(tiff, 3)
		tiff = order.AppendUint32(tiff, 1)
		tiff = order.AppendUint16(tiff, uint16(entry[1]))
		tiff = order.AppendUint16(tiff, 0)
	}
	segment := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, byte((len(segment)+2)>>8), byte(len(segment)+2))
	return append(append(out, segment...), plain[2:]...)
}

// TestOrientation turns thumbnails as Exif says: the colours of the corners tell.
func TestOrientation(t *testing.T) {
	var plain bytes.Buffer
	if err := jpeg.Encode(&plain, corners(400, 200), &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	for orientation, want := range map[int]string{
		0: "rgbw", 1: "rgbw", 2: "grwb", 3: "bwrg", 4: "wbgr", 5: "rwbg", 6: "wrgb", 7: "bgrw", 8: "gbwr", 9: "rgbw",
	} {
		for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
			f, puts := thumbnailsOf(t, "image/jpeg", withExif(plain.Bytes(), order, orientation))
			img, err := jpeg.Decode(bytes.NewReader(puts["x.300"]))
			if err != nil {
				t.Fatal(err)
			}
			b := img.Bounds()
			size := image.Pt(400, 200)
			if orientation >= 5 && orientation <= 8 {
				size = image.Pt(200, 400)
			}
			if f.Width != size.X || f.Height != size.Y || b.Dx() != size.X*3/4 || b.Dy() != size.Y*3/4 {
				t.Errorf("%d: %d x %d with a thumbnail of %v", orientation, f.Width, f.Height, b)
			}
			got := ""
			for _, at := range [][2]int{{1, 1}, {3, 1}, {3, 3}, {1, 3}} {
				r, g, b, _ := img.At(at[0]*b.Dx()/4, at[1]*b.Dy()/4).RGBA()
				switch {
				case r > 0xc000 && g > 0xc000 && b > 0xc000:
					got += "w"
				case r > 0xc000:
					got += "r"
				case g > 0xc000:
					got += "g"
				default:
					got += "b"
				}
			}
			if got != want {
				t.Errorf("%d: the corners are %s, want %s", orientation, got, want)
			}
		}
	}
}

// pngHeader is the start of a PNG that says to be so large.
func pngHeader(w, h uint32) []byte {
	head := binary.BigEndian.AppendUint32([]byte("IHDR"), w)
	head = append(binary.BigEndian.AppendUint32(head, h), 8, 6, 0, 0, 0)
	out := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), uint32(len(head)-4))
	out = append(out, head...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(head))
}

// TestThumbnails has the images that get some and those that get none.
func TestThumbnails(t *testing.T) {
	encode := func(img image.Image) []byte {
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	clear := corners(1000, 20)
	clear.Set(0, 0, color.Transparent)
	for name, tt := range map[string]struct {
		typ           string
		content       []byte
		width, height int
		thumbnails    string
		small         image.Point
	}{
		"opaque":          {"image/png", encode(corners(900, 600)), 900, 600, "image/jpeg", image.Pt(300, 200)},
		"see-through":     {"image/png", encode(clear), 1000, 20, "image/png", image.Pt(300, 6)},
		"small":           {"image/png", encode(corners(7, 5)), 7, 5, "image/jpeg", image.Pt(7, 5)},
		"a line":          {"image/png", encode(corners(5000, 1)), 5000, 1, "image/jpeg", image.Pt(300, 1)},
		"a bomb":          {"image/png", pngHeader(60000, 60000), 60000, 60000, "", image.Point{}},
		"a wide bomb":     {"image/png", pngHeader(1<<31-1, 1<<31-1), 0, 0, "", image.Point{}},
		"no pixels":       {"image/png", pngHeader(10, 10), 10, 10, "", image.Point{}},
		"no size":         {"image/png", []byte("\x89PNG\r\n\x1a\n"), 0, 0, "", image.Point{}},
		"another type":    {"application/pdf", encode(corners(7, 5)), 0, 0, "", image.Point{}},
		"broken in half":  {"image/png", encode(corners(900, 600))[:200], 900, 600, "", image.Point{}},
		"empty":           {"image/jpeg", nil, 0, 0, "", image.Point{}},
		"only a JPEG SOI": {"image/jpeg", []byte{0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff}, 0, 0, "", image.Point{}},
	} {
		f, puts := thumbnailsOf(t, tt.typ, tt.content)
		if name == "a wide bomb" {
			tt.width, tt.height = f.Width, f.Height // its decoder may refuse it or not
		}
		if f.Width != tt.width || f.Height != tt.height || f.Thumbnails != tt.thumbnails || (len(puts) == 2) != (tt.thumbnails != "") {
			t.Errorf("%s: %d x %d, %q, %d thumbnails", name, f.Width, f.Height, f.Thumbnails, len(puts))
			continue
		}
		if tt.thumbnails == "" {
			continue
		}
		img, format, err := image.Decode(bytes.NewReader(puts["x.300"]))
		if err != nil || img.Bounds().Size() != tt.small || "image/"+format != tt.thumbnails {
			t.Errorf("%s: the thumbnail is %s %v %v", name, format, img, err)
		}
	}
}

// TestThumbnailWaits gives up on a client that leaves while others are served.
func TestThumbnailWaits(t *testing.T) {
	s := imageServer()
	s.decoding <- struct{}{}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := s.thumbnails(ctx, &file{Type: "image/png"}, pngHeader(1, 1), map[string][]byte{})
	if err == nil {
		t.Error("it was decoded beside another")
	}
}

// TestThumbnailsInTime has images that wait for one that takes long, and one that
// takes long itself: they are files without thumbnails.
func TestThumbnailsInTime(t *testing.T) {
	var content bytes.Buffer
	if err := png.Encode(&content, corners(8, 8)); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		s := imageServer()
		s.decoding <- struct{}{}
		f, puts, begin := &file{ID: "x", Type: "image/png"}, map[string][]byte{}, time.Now()
		if err := s.thumbnails(t.Context(), f, content.Bytes(), puts); err != nil || f.Width != 8 || f.Thumbnails != "" || len(puts) != 0 || time.Since(begin) != maxDecoding {
			t.Errorf("after %v: %+v, %v", time.Since(begin), f, err)
		}
		slow := &hastyReader{bytes.NewReader(content.Bytes()), time.Now().Add(time.Second)}
		if _, err := io.CopyN(io.Discard, slow, 8); err != nil {
			t.Error(err)
		}
		time.Sleep(2 * time.Second) // virtual
		if _, err := slow.Read(make([]byte, 1)); err == nil {
			t.Error("it reads on")
		}
	})
}
