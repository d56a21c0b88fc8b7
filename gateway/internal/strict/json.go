// SPDX-License-Identifier: Apache-2.0

package strict

import (
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// checkSyntax tells what keeps `data` from being one JSON value that nests at most `depthMax` deep,
// with the place; empty if nothing does. The caller has made sure of UTF-8. Strings may not hold a
// lone surrogate, since no text does.
func checkSyntax(data []byte, depthMax int) string {
	p := parser{data: data, depthMax: depthMax}
	p.space()
	if !p.value(0) {
		return p.fault
	}
	p.space()
	if p.pos < len(data) {
		p.fail("nothing may follow the JSON value")
		return p.fault
	}
	return ""
}

type parser struct {
	data     []byte
	pos      int
	depthMax int
	fault    string
}

func (p *parser) fail(what string) bool {
	line, column := 1, 1
	for _, b := range p.data[:min(p.pos, len(p.data))] {
		if b == '\n' {
			line, column = line+1, 1
		} else if b&0xC0 != 0x80 { // not inside a character
			column++
		}
	}
	p.fault = fmt.Sprintf("line %d, column %d: %s", line, column, what)
	return false
}

func (p *parser) peek() byte {
	if p.pos < len(p.data) {
		return p.data[p.pos]
	}
	return 0
}

func (p *parser) space() {
	for p.pos < len(p.data) {
		switch p.data[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

func (p *parser) value(depth int) bool {
	if p.pos >= len(p.data) {
		return p.fail("the JSON ends too early")
	}
	switch c := p.data[p.pos]; {
	case c == '{':
		return p.nested(depth+1, '}', func() bool {
			if p.peek() != '"' {
				return p.fail("a name in double quotes must stand here")
			}
			if !p.text() {
				return false
			}
			p.space()
			if p.peek() != ':' {
				return p.fail("a colon must stand here")
			}
			p.pos++
			p.space()
			return p.value(depth + 1)
		})
	case c == '[':
		return p.nested(depth+1, ']', func() bool { return p.value(depth + 1) })
	case c == '"':
		return p.text()
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	for _, word := range []string{"true", "false", "null"} {
		if len(p.data)-p.pos >= len(word) && string(p.data[p.pos:p.pos+len(word)]) == word {
			p.pos += len(word)
			return true
		}
	}
	return p.fail("a JSON value must stand here")
}

func (p *parser) nested(depth int, end byte, item func() bool) bool {
	if depth > p.depthMax {
		return p.fail(fmt.Sprintf("nested more than %d deep", p.depthMax))
	}
	p.pos++
	p.space()
	if p.peek() == end {
		p.pos++
		return true
	}
	for {
		if !item() {
			return false
		}
		p.space()
		switch p.peek() {
		case end:
			p.pos++
			return true
		case ',':
			p.pos++
			p.space()
		default:
			return p.fail(fmt.Sprintf("a comma or %q must stand here", end))
		}
	}
}

func (p *parser) number() bool {
	if p.peek() == '-' {
		p.pos++
	}
	if p.peek() == '0' {
		p.pos++
	} else if !p.digits() {
		return false
	}
	if p.peek() == '.' {
		p.pos++
		if !p.digits() {
			return false
		}
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		p.pos++
		if c := p.peek(); c == '+' || c == '-' {
			p.pos++
		}
		return p.digits()
	}
	return true
}

func (p *parser) digits() bool {
	start := p.pos
	for c := p.peek(); c >= '0' && c <= '9'; c = p.peek() {
		p.pos++
	}
	if p.pos == start {
		return p.fail("a digit must stand here")
	}
	return true
}

func (p *parser) text() bool {
	p.pos++
	for p.pos < len(p.data) {
		switch c := p.data[p.pos]; {
		case c == '"':
			p.pos++
			return true
		case c < 0x20:
			return p.fail("control characters in a string must be escaped")
		case c != '\\':
			p.pos++
		default:
			if !p.escape() {
				return false
			}
		}
	}
	return p.fail("the string does not end")
}

func (p *parser) escape() bool {
	p.pos++
	switch p.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		p.pos++
		return true
	case 'u':
		p.pos--
		first, ok := unit(p.data[p.pos:])
		if !ok {
			return p.fail("four hexadecimal digits must follow \\u")
		}
		if !utf16.IsSurrogate(first) {
			p.pos += 6
			return true
		}
		second, ok := unit(p.data[p.pos+6:])
		if !ok || utf16.DecodeRune(first, second) == utf8.RuneError {
			return p.fail("half of a surrogate pair is no character")
		}
		p.pos += 12
		return true
	}
	return p.fail("no such escape")
}

// unit reads \uXXXX.
func unit(data []byte) (rune, bool) {
	if len(data) < 6 || data[0] != '\\' || data[1] != 'u' {
		return 0, false
	}
	number, err := strconv.ParseUint(string(data[2:6]), 16, 16)
	return rune(number), err == nil
}

// cursor walks over JSON that checkSyntax found good.
type cursor struct {
	data []byte
	pos  int
}

// kind is the first byte of the value that comes next, after blanks.
func (c *cursor) kind() byte {
	p := parser{data: c.data, pos: c.pos}
	p.space()
	c.pos = p.pos
	return p.peek()
}

// raw takes the next value whole.
func (c *cursor) raw() []byte {
	c.kind()
	p := parser{data: c.data, pos: c.pos, depthMax: len(c.data)}
	p.value(0)
	start := c.pos
	c.pos = p.pos
	return c.data[start:c.pos]
}

// text takes the next value, a string, unescaped.
func (c *cursor) text() string {
	raw := c.raw()
	return unquote(raw[1 : len(raw)-1])
}

func unquote(raw []byte) string {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			i++
			continue
		}
		switch c := raw[i+1]; c {
		case 'u':
			first, _ := unit(raw[i:])
			i += 6
			if utf16.IsSurrogate(first) {
				second, _ := unit(raw[i:])
				first = utf16.DecodeRune(first, second)
				i += 6
			}
			out = utf8.AppendRune(out, first)
			continue
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		default:
			out = append(out, c)
		}
		i += 2
	}
	return string(out)
}

// members takes the next value, an object; `each` must take the value of the name it is given.
func (c *cursor) members(each func(name string)) {
	c.kind()
	c.pos++
	for {
		switch c.kind() {
		case '}':
			c.pos++
			return
		case ',':
			c.pos++
			continue
		}
		name := c.text()
		c.kind() // the colon
		c.pos++
		each(name)
	}
}

// items takes the next value, an array; `each` must take an item.
func (c *cursor) items(each func(index int)) {
	c.kind()
	c.pos++
	for index := 0; ; {
		switch c.kind() {
		case ']':
			c.pos++
			return
		case ',':
			c.pos++
			continue
		}
		each(index)
		index++
	}
}
