package main

import (
	"flag"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
)

// uploads is the part of the command line that is about files, and about the address
// that theirs begin with.
type uploads struct {
	public  publicURL
	space   size
	foreign bool
}

func (u *uploads) flags(flags *flag.FlagSet) {
	u.space = 1 << 30
	flags.Var(&u.public, "public-url", "`address` where clients find rtmd when a proxy is in between, such as\nhttps://chat.example.com; those of files begin with it, and its name is one of -host")
	flags.Var(&u.space, "file-space", "`size` of all files of an organization, such as 500MB")
	flags.BoolVar(&u.foreign, "foreign-files", false, "accept events of type file with any web address, not only with those of upload_file")
}

func (u *uploads) options(opts *rtmserver.Options) {
	opts.PublicURL, opts.FileSpace, opts.ForeignFiles = u.public.text, int64(u.space), u.foreign
}

// names are the hosts that rtmd answers for, with that of the public address.
func (u *uploads) names(names hosts) hosts {
	if u.public.text == "" {
		return names
	}
	return names.listensOn(u.public.host + ":0")
}

// publicURL is a flag.Value of a web address.
type publicURL struct{ text, host string }

func (p *publicURL) String() string { return p.text }

func (p *publicURL) Set(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("must be an http or https address such as https://chat.example.com, not %q", s)
	}
	p.text, p.host = s, u.Hostname()
	return nil
}

// size is a flag.Value of a number of bytes.
type size int64

// units are those that a size may have, the largest first.
var units = []struct {
	name string
	n    int64
}{{"TB", 1 << 40}, {"GB", 1 << 30}, {"MB", 1 << 20}, {"KB", 1 << 10}}

func (s *size) String() string {
	for _, u := range units {
		if n := int64(*s); n >= u.n && n%u.n == 0 {
			return strconv.FormatInt(n/u.n, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(*s), 10)
}

func (s *size) Set(text string) error {
	unit := int64(1)
	number := strings.ToUpper(text)
	for _, u := range units {
		if rest, ok := strings.CutSuffix(number, u.name); ok {
			number, unit = rest, u.n
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 || n > math.MaxInt64/unit {
		return fmt.Errorf("must be a number of bytes such as 500MB or 2GB, not %q", text)
	}
	*s = size(n * unit)
	return nil
}
