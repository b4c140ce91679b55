package market

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a symbol's name.
const (
	MaxSymbolChars = 32
	MaxSymbolBytes = MaxSymbolChars * utf8.UTFMax
)

// NormalSymbol returns the symbol that a client sent as its name is written
// everywhere, trimmed and upper case, or a *Refusal for what cannot be one.
func NormalSymbol(sent string) (string, error) {
	name := strings.ToUpper(strings.TrimSpace(sent))
	if err := CheckSymbol(name); err != nil {
		return "", err
	}
	return name, nil
}

// CheckSymbol reports why s cannot be a symbol's name, as a *Refusal, or nil. Names are
// 1 to MaxSymbolChars printable characters of any script but for quotes, backslash and
// angle brackets, upper case, and neither begin nor end with a blank: what exchanges
// use, such as "M&M", "NIFTY 50" and "AAPL  251219C00200000". Who writes a name into a
// text escapes it as the text needs it.
func CheckSymbol(s string) error {
	if s == "" {
		return Refuse(ReasonSymbol, "symbol is missing")
	}
	if len(s) > MaxSymbolChars {
		if n := utf8.RuneCountInString(s); n > MaxSymbolChars {
			return Refuse(ReasonSymbol, "symbol %.32q... has %d characters: at most %d are allowed", s, n, MaxSymbolChars)
		}
	}
	position, plain := 0, true // plain: ASCII without lower-case letters
	for _, r := range s {
		position++
		if r == utf8.RuneError {
			return Refuse(ReasonSymbol, "symbol %.32q is not allowed: character %d is no valid UTF-8", s, position)
		}
		if !symbolRune(r) {
			return Refuse(ReasonSymbol, "symbol %.32q has the character %q (%U) at position %d: printable ones are allowed but for quotes, backslash, < and >", s, r, r, position)
		}
		plain = plain && r < utf8.RuneSelf && (r < 'a' || r > 'z')
	}
	if s[0] == ' ' || s[len(s)-1] == ' ' {
		return Refuse(ReasonSymbol, "symbol %.32q begins or ends with a blank", s)
	}
	if !plain && strings.ToUpper(s) != s {
		return Refuse(ReasonSymbol, "symbol %.32q is not in upper case", s)
	}
	return nil
}

func symbolRune(r rune) bool {
	switch r {
	case '"', '\'', '`', '\\', '<', '>':
		return false
	}
	if r < utf8.RuneSelf {
		return r >= ' ' && r < 0x7f
	}
	return unicode.IsPrint(r) && !unicode.Is(unicode.Quotation_Mark, r)
}
