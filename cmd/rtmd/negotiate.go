package main

import (
	"strconv"
	"strings"
)

// negotiate picks the content coding of RFC 9110, section 12.5.3: the acceptable one with
// the highest weight, and br before gzip before identity among equals. It returns "" when
// the client refuses all that there is.
func negotiate(accept []string, brotli, gzip bool) string {
	weights := map[string]float64{}
	for _, header := range accept {
		for item := range strings.SplitSeq(header, ",") {
			name, params, _ := strings.Cut(item, ";")
			name = strings.ToLower(strings.TrimSpace(name))
			if name == "x-gzip" {
				name = "gzip"
			}
			if weight, ok := quality(params); ok && name != "" {
				weights[name] = weight
			}
		}
	}
	rest, anything := weights["*"]
	weigh := func(name string, unnamed float64) float64 {
		if w, ok := weights[name]; ok {
			return w
		}
		if anything {
			return rest
		}
		return unnamed
	}
	best, weight := "", 0.0
	consider := func(name string, w float64) {
		if w > weight {
			best, weight = name, w
		}
	}
	if brotli {
		consider("br", weigh("br", 0))
	}
	if gzip {
		consider("gzip", weigh("gzip", 0))
	}
	// Unless it is refused, identity is always acceptable, after everything that was named.
	consider("identity", weigh("identity", 0.0001))
	return best
}

// quality reads the weight of ";q=0.5"; false means that the item is malformed and is
// left out.
func quality(params string) (float64, bool) {
	for param := range strings.SplitSeq(params, ";") {
		key, value, ok := strings.Cut(strings.TrimSpace(param), "=")
		if !ok || !strings.EqualFold(strings.TrimSpace(key), "q") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		return q, err == nil && q >= 0 && q <= 1
	}
	return 1, true
}

// matches reports whether If-None-Match names the entity tag; it compares weakly.
func matches(ifNoneMatch []string, etag string) bool {
	for _, header := range ifNoneMatch {
		for tag := range strings.SplitSeq(header, ",") {
			tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
			if tag == etag || tag == "*" {
				return true
			}
		}
	}
	return false
}
