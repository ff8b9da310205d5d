package rtmserver

import (
	"bytes"
	"context"
	"image"
	_ "image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"time"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"
)

// maxPixels bounds an image that is decoded: a few bytes can stand for a picture
// that fills the memory. Larger ones have no thumbnails.
const maxPixels = 16 << 20

// maxDecoding bounds how long an image waits for its turn, and how long it is read
// then: a small one of many layers can take minutes.
const maxDecoding = 5 * time.Second

// thumbnails reads the size of an image into f and adds its thumbnails to puts. An
// image that cannot be read in time is a file like any other.
func (s *Server) thumbnails(ctx context.Context, f *file, content []byte, puts map[string][]byte) error {
	switch f.Type {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
	default:
		return nil
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil || config.Width <= 0 || config.Height <= 0 {
		return nil
	}
	f.Width, f.Height = config.Width, config.Height
	turned := orientation(content)
	if turned >= 5 {
		f.Width, f.Height = config.Height, config.Width
	}
	if int64(config.Width)*int64(config.Height) > maxPixels {
		return nil
	}
	// One at a time: it is the memory that counts.
	late := time.NewTimer(maxDecoding)
	defer late.Stop()
	select {
	case s.decoding <- struct{}{}:
		defer func() { <-s.decoding }()
	case <-late.C:
		return nil
	case <-ctx.Done():
		return unreadable(ctx.Err())
	}
	err = guard(func() error {
		img, _, err := image.Decode(&hastyReader{bytes.NewReader(content), time.Now().Add(maxDecoding)})
		if err != nil {
			return nil
		}
		// The smaller one is made of the larger one.
		var made [len(thumbnailSizes)][]byte
		for i := len(thumbnailSizes) - 1; i >= 0; i-- {
			small := shrink(img, thumbnailSizes[i])
			img = small
			if i == len(made)-1 {
				small = turn(small, turned)
				img = small
				f.Thumbnails = "image/jpeg"
				if !small.Opaque() {
					f.Thumbnails = "image/png"
				}
			}
			var out bytes.Buffer
			if f.Thumbnails == "image/png" {
				err = png.Encode(&out, small)
			} else {
				err = jpeg.Encode(&out, small, &jpeg.Options{Quality: 82})
			}
			if err != nil {
				f.Thumbnails = ""
				return nil
			}
			made[i] = out.Bytes()
		}
		for i, size := range thumbnailSizes {
			puts[thumbnailKey(f.ID, size)] = made[i]
		}
		return nil
	})
	if err != nil {
		f.Thumbnails = ""
		s.opts.Logger.Error("make thumbnails", "type", f.Type, "error", err)
	}
	return nil
}

// A hastyReader fails when its time is over.
type hastyReader struct {
	r   io.Reader
	end time.Time
}

func (h *hastyReader) Read(p []byte) (int, error) {
	if time.Now().After(h.end) {
		return 0, os.ErrDeadlineExceeded
	}
	return h.r.Read(p)
}

// shrink makes the longer side that many pixels; a smaller image keeps its size.
func shrink(img image.Image, longer int) *image.RGBA {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if most := max(w, h); most > longer {
		w, h = max(1, w*longer/most), max(1, h*longer/most)
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.BiLinear.Scale(out, out.Bounds(), img, b, draw.Src, nil)
	return out
}

// turn shows an image the way round that an orientation of Exif says, from 1 to 8:
// a thumbnail has no Exif.
func turn(img *image.RGBA, orientation int) *image.RGBA {
	if orientation <= 1 {
		return img
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if orientation >= 5 {
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			to := [...][2]int{{x, y}, {w - 1 - x, y}, {w - 1 - x, h - 1 - y}, {x, h - 1 - y},
				{y, x}, {h - 1 - y, x}, {h - 1 - y, w - 1 - x}, {y, w - 1 - x}}[orientation-1]
			out.SetRGBA(to[0], to[1], img.RGBAAt(x, y))
		}
	}
	return out
}

// orientation reads Exif's orientation of a JPEG, 1 where there is none.
func orientation(jpeg []byte) int {
	if len(jpeg) < 4 || jpeg[0] != 0xff || jpeg[1] != 0xd8 {
		return 1
	}
	for at := 2; at+4 <= len(jpeg) && jpeg[at] == 0xff && jpeg[at+1] != 0xda; {
		n := int(jpeg[at+2])<<8 | int(jpeg[at+3])
		if n < 2 || at+2+n > len(jpeg) {
			return 1
		}
		if segment := jpeg[at+4 : at+2+n]; jpeg[at+1] == 0xe1 && bytes.HasPrefix(segment, []byte("Exif\x00\x00")) {
			return tiffOrientation(segment[6:])
		}
		at += 2 + n
	}
	return 1
}

// tiffOrientation reads the tag 0x112 of the first directory.
func tiffOrientation(tiff []byte) int {
	num := func(at, n int) int {
		if at < 0 || at+n > len(tiff) {
			return 0
		}
		v := 0
		for i := range n {
			b := int(tiff[at+i])
			if tiff[0] == 'I' {
				v |= b << (8 * i)
			} else {
				v = v<<8 | b
			}
		}
		return v
	}
	if len(tiff) < 8 || num(2, 2) != 42 {
		return 1
	}
	dir := num(4, 4)
	for i := range num(dir, 2) {
		if at := dir + 2 + 12*i; num(at, 2) == 0x112 {
			if v := num(at+8, 2); v >= 1 && v <= 8 {
				return v
			}
			break
		}
	}
	return 1
}
