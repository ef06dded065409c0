package explain

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// width is how many columns a line has at most.
const width = 80

// page is the text while it is written.
type page struct {
	bytes.Buffer
	color bool
}

// style is how a piece of text looks on a terminal.
type style string

const (
	plain style = ""
	bold  style = "1"
	dim   style = "2"
	red   style = "31"
	blue  style = "34"
)

// in returns s in a style.
func (p *page) in(st style, s string) string {
	if !p.color || st == plain || s == "" {
		return s
	}
	return "\x1b[" + string(st) + "m" + s + "\x1b[0m"
}

func (p *page) line(s string) { p.WriteString(strings.TrimRight(s, " ") + "\n") }

// section begins a part of the page.
func (p *page) section(title, more string) {
	p.line("")
	if more != "" {
		title, more = title+":", " "+p.in(dim, more)
	}
	p.line(p.in(bold, title) + more)
}

// wrap writes s behind first, broken between words; further lines stand below
// where s began.
func (p *page) wrap(first string, st style, s string) {
	indent := columns(first)
	at := first
	for _, l := range breakLines(clean(s), width-indent) {
		p.line(at + p.in(st, l))
		at = strings.Repeat(" ", indent)
	}
}

// sides writes left and, at the end of the line, right; left is cut to make room.
func (p *page) sides(left string, st style, right string) {
	room := width - columns(right) - 1
	left = cut(left, room)
	p.line(p.in(st, left) + strings.Repeat(" ", max(1, width-columns(left)-columns(right))) + p.in(dim, right))
}

// columns is how wide s is.
func columns(s string) int { return utf8.RuneCountInString(s) }

// cut shortens s to n columns.
func cut(s string, n int) string {
	if columns(s) <= n {
		return s
	}
	if n < 1 {
		return ""
	}
	return string([]rune(s)[:n-1]) + "…"
}

// breakLines divides s into lines of at most n columns, between words where it can.
func breakLines(s string, n int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		for columns(word) > n { // nowhere to break it
			if line != "" {
				lines, line = append(lines, line), ""
			}
			r := []rune(word)
			lines, word = append(lines, string(r[:n])), string(r[n:])
		}
		switch {
		case line == "":
			line = word
		case columns(line)+1+columns(word) <= n:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// clean takes out what a terminal would act on: what senders say must not draw.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// took writes a duration with three digits.
func took(ns int64) string {
	f := float64(ns)
	for _, u := range []struct {
		size float64
		name string
	}{{3600e9, "h"}, {60e9, "min"}, {1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}} {
		if f >= u.size {
			return digits(f/u.size) + " " + u.name
		}
	}
	return fmt.Sprintf("%d ns", ns)
}

func digits(f float64) string {
	switch {
	case f >= 100:
		return fmt.Sprintf("%.0f", f)
	case f >= 10:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", f), ".0")
	}
	return strings.TrimSuffix(strings.TrimSuffix(fmt.Sprintf("%.2f", f), "0"), ".0")
}

// perMillion writes what a million such transactions cost.
func perMillion(usd float64) string {
	m := usd * 1e6
	switch {
	case m >= 100:
		return fmt.Sprintf("$%.0f/M", m)
	case m >= 0.01 || m == 0:
		return fmt.Sprintf("$%.2f/M", m)
	}
	return fmt.Sprintf("$%.2g/M", m)
}

func percent(part, whole int64) string {
	if whole <= 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f %%", 100*float64(part)/float64(whole))
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
