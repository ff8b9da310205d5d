package wire

import (
	"strconv"
	"time"
)

// TimeFormat is how RTM writes times: RFC 3339 in UTC with microseconds.
const TimeFormat = "2006-01-02T15:04:05.000000Z"

const secondsPerDay = 24 * 60 * 60

// AppendTime appends t as RTM writes times, quoted.
func AppendTime(dst []byte, t time.Time) []byte {
	seconds := t.Unix()
	day := seconds / secondsPerDay
	if seconds -= day * secondsPerDay; seconds < 0 {
		seconds += secondsPerDay
		day--
	}
	year, month, monthDay := date(day)
	dst = append(dst, '"')
	if year < 0 {
		dst = append(dst, '-')
		year = -year
	}
	dst = appendDigits(dst, year, 4)
	dst = appendDigits(append(dst, '-'), month, 2)
	dst = appendDigits(append(dst, '-'), monthDay, 2)
	dst = appendDigits(append(dst, 'T'), seconds/3600, 2)
	dst = appendDigits(append(dst, ':'), seconds/60%60, 2)
	dst = appendDigits(append(dst, ':'), seconds%60, 2)
	dst = appendDigits(append(dst, '.'), int64(t.Nanosecond()/1000), 6)
	return append(dst, 'Z', '"')
}

func appendDigits(dst []byte, n int64, width int) []byte {
	for least := int64(10); width > 1; width-- {
		if n < least {
			dst = append(dst, '0')
		}
		least *= 10
	}
	return strconv.AppendInt(dst, n, 10)
}

// Time decodes a string in RFC 3339, any offset, down to nanoseconds. The
// result is in UTC.
func Time(raw []byte) (t time.Time, ok bool) {
	seconds, nanos, ok := instant(raw)
	if !ok {
		return time.Time{}, false
	}
	return time.Unix(seconds, nanos).UTC(), true
}

// Nanos decodes a time to Unix time in nanoseconds; 0 when it is none.
func Nanos(raw []byte) int64 {
	seconds, nanos, ok := instant(raw)
	if !ok {
		return 0
	}
	return seconds*1e9 + nanos
}

// instant reads a quoted time, which has no escapes. In the release build
// package time is ten times as large for it.
func instant(raw []byte) (seconds, nanos int64, ok bool) {
	const pattern = "0000-00-00T00:00:00"
	raw = trim(raw)
	if len(raw) < len(pattern)+3 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return 0, 0, false
	}
	raw = raw[1 : len(raw)-1]
	for i := range len(pattern) {
		if c := raw[i]; pattern[i] != '0' && c != pattern[i] || pattern[i] == '0' && (c < '0' || c > '9') {
			return 0, 0, false
		}
	}
	year, month, day := digitsOf(raw[0:4]), digitsOf(raw[5:7]), digitsOf(raw[8:10])
	hour, minute, second := digitsOf(raw[11:13]), digitsOf(raw[14:16]), digitsOf(raw[17:19])
	days := dayNumber(year, month, day)
	// A day that its month does not have would be one of the next.
	if y, m, d := date(days); y != year || m != month || d != day || hour > 23 || minute > 59 || second > 59 {
		return 0, 0, false
	}
	raw = raw[len(pattern):]
	if raw[0] == '.' {
		end := digits(raw, 1)
		if end == 1 {
			return 0, 0, false
		}
		for i := 1; i <= 9; i++ {
			nanos *= 10
			if i < end {
				nanos += int64(raw[i] - '0')
			}
		}
		raw = raw[end:]
	}
	seconds = days*secondsPerDay + hour*3600 + minute*60 + second
	if string(raw) == "Z" {
		return seconds, nanos, true
	}
	if len(raw) != len("+00:00") || raw[0] != '+' && raw[0] != '-' || raw[3] != ':' || digits(raw, 1) != 3 || digits(raw, 4) != 6 {
		return 0, 0, false
	}
	hour, minute = digitsOf(raw[1:3]), digitsOf(raw[4:6])
	if hour > 23 || minute > 59 {
		return 0, 0, false
	}
	offset := hour*3600 + minute*60
	if raw[0] == '+' {
		offset = -offset
	}
	return seconds + offset, nanos, true
}

func digitsOf(b []byte) (n int64) {
	for _, c := range b {
		n = n*10 + int64(c-'0')
	}
	return n
}

// dayNumber counts the days from 1970 to a date of the Gregorian calendar.
// Years begin in March here, so that the leap day is the last of its year, and
// 400 of them, an era, have the same length always.
func dayNumber(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := floor(year, 400)
	year -= era * 400
	return era*146097 + year*365 + year/4 - year/100 + (153*(month-3)+2)/5 + day - 1 - 719468
}

// date is the reverse of dayNumber.
func date(number int64) (year, month, day int64) {
	number += 719468
	era := floor(number, 146097)
	number -= era * 146097
	year = (number - number/1460 + number/36524 - number/146096) / 365
	number -= year*365 + year/4 - year/100
	month = (5*number + 2) / 153
	day = number - (153*month+2)/5 + 1
	if month += 3; month > 12 {
		month -= 12
		year++
	}
	return year + era*400, month, day
}

func floor(n, by int64) int64 {
	if n < 0 {
		n -= by - 1
	}
	return n / by
}
